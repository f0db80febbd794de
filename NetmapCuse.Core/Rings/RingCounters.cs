using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// What a ring has done, on a cache line of its own. Each field has one writer at a time (the thread that holds the ring, or the
/// destination's gate); readers may be a moment behind. Dropped frames are counted where the cause lies.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
public struct RingCounters
{
    /// <summary>TX: frames that the program sent. RX: frames put into the ring.</summary>
    public ulong Frames;

    public ulong Bytes;

    /// <summary>Frames dropped because the receiving ring was full.</summary>
    public ulong NoRoom;

    /// <summary>Frames dropped because a slot had an impossible length, index or address.</summary>
    public ulong BadSlot;

    /// <summary>Frames dropped because there is no port that wants them.</summary>
    public ulong NoDestination;

    public void Add(in RingCounters other)
    {
        Frames += other.Frames;
        Bytes += other.Bytes;
        NoRoom += other.NoRoom;
        BadSlot += other.BadSlot;
        NoDestination += other.NoDestination;
    }
}

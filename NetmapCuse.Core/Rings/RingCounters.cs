using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// What a ring has done, on a cache line of its own. Each field has one writer at a time (the thread that holds the ring, or the destination lock);
/// readers may be a moment behind. A frame counts once, however many slots it takes, and is in exactly one field:
/// <list type="bullet">
/// <item>TX: in <see cref="Frames"/> when the port has passed it on (to the wire, to at least one receiver of the switch even if that
/// has no room for it, to the other end of the pipe), else under the cause for which it was dropped.</item>
/// <item>RX: in <see cref="Frames"/> when it was put into the ring, else under the cause.</item>
/// <item>The rings of an attached interface count what the interface sends and receives; the switch adds drops only.</item>
/// </list>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
public struct RingCounters
{
    /// <summary>TX: frames that the program sent. RX: frames put into the ring.</summary>
    public ulong Frames;

    public ulong Bytes;

    /// <summary>The receiving ring was full.</summary>
    public ulong NoRoom;

    /// <summary>A slot had an impossible length, index or address, or the frame is none.</summary>
    public ulong BadSlot;

    /// <summary>There is no port that wants it.</summary>
    public ulong NoDestination;

    /// <summary>The interface is down.</summary>
    public ulong NoCarrier;

    /// <summary>More bytes or slots than the interface, or a ring, can take in one frame.</summary>
    public ulong TooLong;

    /// <summary>Frames dropped, whatever the cause.</summary>
    public readonly ulong Dropped => NoRoom + BadSlot + NoDestination + NoCarrier + TooLong;

    internal void CountDropped(DropCause cause, uint frames)
    {
        switch (cause)
        {
            case DropCause.NoRoom:
                NoRoom += frames;
                break;
            case DropCause.NoCarrier:
                NoCarrier += frames;
                break;
            case DropCause.TooLong:
                TooLong += frames;
                break;
            default:
                BadSlot += frames;
                break;
        }
    }

    public void Add(in RingCounters other)
    {
        Frames += other.Frames;
        Bytes += other.Bytes;
        NoRoom += other.NoRoom;
        BadSlot += other.BadSlot;
        NoDestination += other.NoDestination;
        NoCarrier += other.NoCarrier;
        TooLong += other.TooLong;
    }
}

namespace NetmapCuse.Core.Rings;

/// <summary>
/// What a ring has done. Each field has one writer at a time (the thread that holds the ring, or the destination lock);
/// readers may be a moment behind. A frame counts once, however many slots it takes, and is in exactly one field:
/// <list type="bullet">
/// <item>TX: in <see cref="Frames"/> when the port has passed it on (to the wire, to at least one receiver of the switch even if that
/// has no room for it, to the other end of the pipe), else under the cause for which it was dropped.</item>
/// <item>RX: in <see cref="Frames"/> when it was put into the ring, else under the cause.</item>
/// <item>The rings of an attached interface count what the interface sends and receives; the switch adds drops only.</item>
/// </list>
/// </summary>
internal struct RingCounters
{
    internal ulong Frames;
    internal ulong Bytes;

    /// <summary>The receiving ring was full.</summary>
    internal ulong NoRoom;

    /// <summary>A slot had an impossible length, index or address, or the frame is none.</summary>
    internal ulong BadSlot;

    /// <summary>There is no port that wants it.</summary>
    internal ulong NoDestination;

    /// <summary>The interface is down.</summary>
    internal ulong NoCarrier;

    /// <summary>More bytes or slots than the interface, or a ring, can take in one frame.</summary>
    internal ulong TooLong;

    /// <summary>Frames dropped, whatever the cause.</summary>
    internal readonly ulong Dropped => NoRoom + BadSlot + NoDestination + NoCarrier + TooLong;

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

    internal void Add(in RingCounters other)
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

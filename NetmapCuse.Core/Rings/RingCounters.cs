namespace NetmapCuse.Core.Rings;

/// <summary>
/// What a ring has done. Each field has one writer at a time (the thread that holds the ring, or the destination lock);
/// readers may be a moment behind.
/// </summary>
internal struct RingCounters
{
    internal ulong Frames;
    internal ulong Bytes;

    /// <summary>Frames dropped because the receiving ring was full.</summary>
    internal ulong NoRoom;

    /// <summary>Frames dropped because a slot had an impossible length, index or address.</summary>
    internal ulong BadSlot;

    /// <summary>Frames dropped because there is no port that wants them.</summary>
    internal ulong NoDestination;

    internal void Add(in RingCounters other)
    {
        Frames += other.Frames;
        Bytes += other.Bytes;
        NoRoom += other.NoRoom;
        BadSlot += other.BadSlot;
        NoDestination += other.NoDestination;
    }
}

namespace NetmapCuse.Core.Rings;

/// <summary>Somebody who may sleep until a ring has news: an open file with poll waiters.</summary>
internal interface ISleeper
{
    /// <summary>Wakes those who wait for this direction. Returns at once, cheaply, when nobody does.</summary>
    void Wake(RingDirection direction);
}

/// <summary>The two directions of a port, seen from the program.</summary>
internal enum RingDirection
{
    Rx = 0,
    Tx = 1,
}

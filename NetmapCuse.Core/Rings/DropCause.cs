namespace NetmapCuse.Core.Rings;

/// <summary>Why a driver drops a frame: the fields of <see cref="RingCounters"/>.</summary>
internal enum DropCause
{
    /// <summary>A slot with an impossible length, index or address, or what is no frame.</summary>
    BadSlot,

    /// <summary>The ring is full.</summary>
    NoRoom,

    /// <summary>The interface is down.</summary>
    NoCarrier,

    /// <summary>More than the interface or the ring can take in one frame.</summary>
    TooLong,
}

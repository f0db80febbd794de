namespace NetmapCuse.Drivers.Nic;

/// <summary>What goes into one TX descriptor.</summary>
internal readonly struct TransmitPart
{
    internal required ulong Address { get; init; }

    /// <summary>Bytes of this part.</summary>
    internal required uint Length { get; init; }

    /// <summary>Bytes of the whole frame.</summary>
    internal required uint FrameLength { get; init; }

    internal required bool IsFirst { get; init; }

    internal required bool IsLast { get; init; }

    /// <summary>The chip is to tell when it has sent this one.</summary>
    internal required bool Reports { get; init; }

    /// <summary>The descriptor is the last of the ring.</summary>
    internal required bool EndsRing { get; init; }
}

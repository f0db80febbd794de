namespace NetmapCuse.Drivers.Nic;

/// <summary>What a chip wrote into an RX descriptor.</summary>
internal readonly struct ReceivedPart
{
    /// <summary>Bytes in the buffer, CRC not among them; the chip's word, to be checked.</summary>
    internal required uint Length { get; init; }

    /// <summary>The frame ends here.</summary>
    internal required bool IsLast { get; init; }

    /// <summary>The frame is damaged.</summary>
    internal required bool IsBad { get; init; }
}

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// How a chip's descriptors are written and read: for chips whose rings are arrays of 16-byte descriptors that they work through in
/// order and write back. A struct without fields, so that the loops are compiled for each chip.
/// </summary>
internal interface IDescriptorFormat
{
    /// <summary>The last descriptor of a ring is marked.</summary>
    static abstract bool MarksEnd { get; }

    /// <summary>
    /// Writes a TX descriptor; what makes it the chip's comes last. A frame's parts are written from its last to its first one.
    /// </summary>
    static abstract void WriteTransmit(ref Descriptor descriptor, in TransmitPart part);

    /// <summary>Has a TX descriptor told when it was sent, which was written without that, before the doorbell.</summary>
    static abstract void AskReport(ref Descriptor descriptor);

    /// <summary>The chip has sent it, one that was to be told of.</summary>
    static abstract bool IsSent(ref Descriptor descriptor);

    /// <summary>Writes an RX descriptor.</summary>
    static abstract void WriteReceive(ref Descriptor descriptor, ulong address, uint bytes, bool endsRing);

    /// <summary>The chip has filled its buffer: the cheap look.</summary>
    static abstract bool IsReceived(ref Descriptor descriptor);

    /// <summary>What is in the buffer, once <see cref="IsReceived"/>.</summary>
    static abstract ReceivedPart Received(ref Descriptor descriptor);
}

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>
/// A virtqueue whose every descriptor is a table of its own (VIRTIO_F_INDIRECT_DESC), by number: split or packed. A struct, so that
/// the loops are compiled for each form. Written by one side or the other, as the standard says.
/// </summary>
internal interface IVirtioRing
{
    /// <summary>The second word of a table's entry.</summary>
    static abstract ulong TableWord(uint length, bool isWritten, uint index, bool hasNext);

    /// <summary>Begins from the start with cleared memory.</summary>
    void Rewind();

    /// <summary>Makes a table available; the device sees it with <see cref="Publish"/>.</summary>
    void Give(uint id, ulong table, uint tableBytes);

    /// <returns>True when the device wants to be told.</returns>
    bool Publish();

    /// <summary>The device has used something: the cheap look.</summary>
    bool HasUsed { get; }

    /// <summary>Takes the next table that the device has used. Both numbers are the device's word.</summary>
    bool TryTake(out uint id, out uint bytes);
}

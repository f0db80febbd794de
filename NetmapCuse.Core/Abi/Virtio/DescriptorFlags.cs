namespace NetmapCuse.Core.Abi.Virtio;

/// <summary>Flags of a descriptor of either kind of ring (linux/virtio_ring.h). Written by the guest; the last two by both, in packed rings.</summary>
[Flags]
internal enum DescriptorFlags : ushort
{
    None = 0,

    /// <summary>The chain goes on.</summary>
    Next = 1,

    /// <summary>The buffer is the device's to write; else to read.</summary>
    Write = 2,

    /// <summary>The buffer is a table of descriptors.</summary>
    Indirect = 4,

    /// <summary>Packed: equal to the wrap counter of its writer where the guest has made the descriptor available.</summary>
    Available = 1 << 7,

    /// <summary>Packed: equal to <see cref="Available"/> where the device is done with it.</summary>
    Used = 1 << 15,
}

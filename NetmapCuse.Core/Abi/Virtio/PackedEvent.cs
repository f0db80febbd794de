namespace NetmapCuse.Core.Abi.Virtio;

/// <summary>The two halves of struct vring_packed_desc_event: where, and whether at all (RING_EVENT_FLAGS_*).</summary>
internal static class PackedEvent
{
    internal const int Bytes = 4;

    /// <summary>Offset of the flags.</summary>
    internal const int FlagsAt = 2;
    internal const ushort Enable = 0;
    internal const ushort Disable = 1;

    /// <summary>At the position in the first half, whose top bit is its wrap counter.</summary>
    internal const ushort AtPosition = 2;
    internal const ushort WrapBit = 1 << 15;
}

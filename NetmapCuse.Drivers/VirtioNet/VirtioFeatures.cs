namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>Feature bits (Virtual I/O Device (VIRTIO) Version 1.2, sections 5.1.3 and 6).</summary>
internal static class VirtioFeatures
{
    internal const ulong Mac = 1UL << 5;
    internal const ulong Status = 1UL << 16;
    internal const ulong ControlQueue = 1UL << 17;
    internal const ulong ControlReceive = 1UL << 18;
    internal const ulong SeveralQueues = 1UL << 22;
    internal const ulong Indirect = 1UL << 28;
    internal const ulong Version1 = 1UL << 32;
    internal const ulong AccessPlatform = 1UL << 33;
    internal const ulong Packed = 1UL << 34;

    /// <summary>Without these nothing goes: tables of a frame's own, and the layout of the standard.</summary>
    internal const ulong Needed = Version1 | Indirect;

    internal const ulong Wanted = Needed | Mac | Status | ControlQueue | ControlReceive | SeveralQueues | AccessPlatform | Packed;
}

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>VHOST_USER_PROTOCOL_F_*: what both sides of the socket can do (QEMU, docs/interop/vhost-user.rst, "Protocol features").</summary>
[Flags]
internal enum VhostProtocolFeatures : ulong
{
    None = 0,
    MultiQueue = 1UL << 0,

    /// <summary>The dirty log comes as a descriptor.</summary>
    LogDescriptor = 1UL << 1,
    Rarp = 1UL << 2,

    /// <summary>Each message may ask for an answer.</summary>
    Acknowledge = 1UL << 3,
    Mtu = 1UL << 4,
    ResetDevice = 1UL << 13,

    /// <summary>Memory comes and goes by single regions.</summary>
    MemorySlots = 1UL << 15,
    Status = 1UL << 16,
}

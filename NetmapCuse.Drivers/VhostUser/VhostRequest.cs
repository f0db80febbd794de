namespace NetmapCuse.Drivers.VhostUser;

/// <summary>Messages of a front-end that a network back-end answers (QEMU, docs/interop/vhost-user.rst, "Front-end message types").</summary>
internal enum VhostRequest : uint
{
    GetFeatures = 1,
    SetFeatures = 2,
    SetOwner = 3,
    ResetOwner = 4,
    SetMemoryTable = 5,
    SetLogBase = 6,
    SetLogDescriptor = 7,
    SetRingSize = 8,
    SetRingAddress = 9,
    SetRingBase = 10,
    GetRingBase = 11,
    SetRingKick = 12,
    SetRingCall = 13,
    SetRingError = 14,
    GetProtocolFeatures = 15,
    SetProtocolFeatures = 16,
    GetQueuePairs = 17,
    SetRingEnable = 18,
    SendRarp = 19,
    SetMtu = 20,
    SetBackendChannel = 21,
    ResetDevice = 34,
    GetMemorySlots = 36,
    AddMemoryRegion = 37,
    RemoveMemoryRegion = 38,
    SetStatus = 39,
    GetStatus = 40,
}

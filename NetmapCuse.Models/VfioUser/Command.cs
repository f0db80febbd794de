namespace NetmapCuse.Models.VfioUser;

/// <summary>What a client of the protocol asks (QEMU docs/interop/vfio-user.rst, section Message Details).</summary>
internal enum Command : ushort
{
    Version = 1,
    DmaMap = 2,
    DmaUnmap = 3,
    DeviceInfo = 4,
    RegionInfo = 5,
    IrqInfo = 7,
    SetIrqs = 8,
    RegionRead = 9,
    RegionWrite = 10,
    Reset = 13,
}

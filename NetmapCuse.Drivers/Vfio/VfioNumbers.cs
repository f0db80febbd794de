namespace NetmapCuse.Drivers.Vfio;

/// <summary>Calls and flags of VFIO (linux/vfio.h; reference/nic-drivers.md section 3.1).</summary>
internal static class VfioNumbers
{
    internal const nuint GetApiVersion = 0x3b64;
    internal const nuint CheckExtension = 0x3b65;
    internal const nuint SetIommu = 0x3b66;
    internal const nuint GroupGetStatus = 0x3b67;
    internal const nuint GroupSetContainer = 0x3b68;
    internal const nuint GroupGetDevice = 0x3b6a;
    internal const nuint DeviceGetInfo = 0x3b6b;
    internal const nuint DeviceGetRegion = 0x3b6c;
    internal const nuint DeviceGetIrq = 0x3b6d;
    internal const nuint DeviceSetIrqs = 0x3b6e;
    internal const nuint DeviceReset = 0x3b6f;
    internal const nuint IommuGetInfo = 0x3b70;
    internal const nuint IommuMap = 0x3b71;
    internal const nuint IommuUnmap = 0x3b72;

    /// <summary>VFIO_TYPE1v2_IOMMU.</summary>
    internal const nint Type1v2 = 3;

    internal const uint GroupIsViable = 1;
    internal const uint DeviceHasReset = 1;
    internal const uint RegionCanMap = 4;
    internal const uint ConfigRegion = 7;

    internal const uint DmaRead = 1;
    internal const uint DmaWrite = 2;

    internal const uint IrqNone = 1;
    internal const uint IrqEventFd = 4;
    internal const uint IrqUnmask = 0x10;
    internal const uint IrqTrigger = 0x20;
}

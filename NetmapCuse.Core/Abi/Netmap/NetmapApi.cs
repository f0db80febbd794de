namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>Versions and ioctl numbers of the device (net/netmap.h; reference/netmap-abi.md sections 1 and 2).</summary>
internal static class NetmapApi
{
    /// <summary>NETMAP_API: what programs send.</summary>
    internal const int Version = 14;

    /// <summary>NETMAP_MIN_API and the lowest version that the legacy ioctls take.</summary>
    internal const int VersionMin = 14;

    /// <summary>NETMAP_MAX_API; the legacy ioctls take any higher version, too.</summary>
    internal const int VersionMax = 15;

    internal const uint NiocGInfo = 0xc03c6991;
    internal const uint NiocRegIf = 0xc03c6992;
    internal const uint NiocTxSync = 0x00006994;
    internal const uint NiocRxSync = 0x00006995;
    internal const uint NiocConfig = 0xc1106996;
    internal const uint NiocCtrl = 0xc0586997;

    /// <summary>NETMAP_REQ_MAXSIZE: bytes that a body and its options may have together.</summary>
    internal const int RequestBytesMax = 4096;

    /// <summary>NETMAP_MAX_FRAGS: slots that one packet may span.</summary>
    internal const int FragmentsMax = 64;

    /// <summary>Buffers 0 and 1 of each region are never handed out.</summary>
    internal const uint FirstUsableBuffer = 2;
}

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>Numbers of include/uapi/linux/fuse.h that are no field and no flag set.</summary>
internal static class FuseProtocol
{
    /// <summary>FUSE_KERNEL_VERSION.</summary>
    internal const uint Major = 7;

    /// <summary>The minor version spoken here: the one of Linux 6.18. The kernel uses the smaller of both sides.</summary>
    internal const uint Minor = 45;

    /// <summary>The first minor version with passthrough (Linux 6.9).</summary>
    internal const uint PassthroughMinor = 40;

    /// <summary>The first minor version with FUSE_MAX_PAGES (Linux 4.20).</summary>
    internal const uint MaxPagesMinor = 28;

    /// <summary>FUSE_WRITE_CACHE: a write-back of pages, not a write() of a client.</summary>
    internal const uint WriteCache = 1 << 0;

    /// <summary>FUSE_MIN_READ_BUFFER: a read of /dev/fuse with less room fails with EINVAL.</summary>
    internal const int MinReadBuffer = 8192;

    /// <summary>FUSE_POLL_SCHEDULE_NOTIFY.</summary>
    internal const uint PollScheduleNotify = 1 << 0;

    /// <summary>FUSE_NOTIFY_POLL.</summary>
    internal const int NotifyPoll = 1;

    /// <summary>FUSE_NOTIFY_STORE.</summary>
    internal const int NotifyStore = 4;

    /// <summary>CUSE_INIT_INFO_MAX: the bytes of the device's description.</summary>
    internal const int CuseInfoMax = 4096;

    /// <summary>FUSE_DEV_IOC_CLONE = _IOR(229, 0, uint32_t).</summary>
    internal const uint DeviceClone = 0x8004E500;

    /// <summary>FUSE_DEV_IOC_BACKING_OPEN = _IOW(229, 1, struct fuse_backing_map).</summary>
    internal const uint DeviceBackingOpen = 0x4010E501;

    /// <summary>FUSE_IO_URING_CMD_REGISTER.</summary>
    internal const uint UringRegister = 1;

    /// <summary>FUSE_IO_URING_CMD_COMMIT_AND_FETCH.</summary>
    internal const uint UringCommitAndFetch = 2;
}

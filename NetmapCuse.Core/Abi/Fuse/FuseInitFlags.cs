namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>The FUSE_INIT flags that matter here; bits 32 and up travel in flags2.</summary>
[Flags]
internal enum FuseInitFlags : ulong
{
    None = 0,

    /// <summary>FUSE_ATOMIC_O_TRUNC: O_TRUNC comes with OPEN (and is ignored, as by a device) instead of as a SETATTR.</summary>
    AtomicTruncate = 1UL << 3,

    /// <summary>FUSE_BIG_WRITES.</summary>
    BigWrites = 1UL << 5,

    /// <summary>FUSE_HAS_IOCTL_DIR.</summary>
    HasIoctlDir = 1UL << 11,

    /// <summary>FUSE_MAX_PAGES: the answer's max_pages is valid.</summary>
    MaxPages = 1UL << 22,

    /// <summary>FUSE_INIT_EXT: flags2 is valid.</summary>
    Extended = 1UL << 30,

    /// <summary>FUSE_PASSTHROUGH (Linux 6.9).</summary>
    Passthrough = 1UL << 37,

    /// <summary>FUSE_OVER_IO_URING (Linux 6.14, offered while the module parameter enable_uring is set).</summary>
    OverIoUring = 1UL << 41,
}

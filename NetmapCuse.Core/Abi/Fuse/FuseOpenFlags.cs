namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>FOPEN_ flags of the answer to OPEN.</summary>
[Flags]
internal enum FuseOpenFlags : uint
{
    None = 0,

    /// <summary>FOPEN_DIRECT_IO: read and write come to the daemon, which refuses them.</summary>
    DirectIo = 1 << 0,

    /// <summary>FOPEN_KEEP_CACHE: the pages of the file outlive this open.</summary>
    KeepCache = 1 << 1,

    /// <summary>FOPEN_NOFLUSH (Linux 5.16): no FLUSH at close, and no write-back before it.</summary>
    NoFlush = 1 << 5,

    /// <summary>FOPEN_PASSTHROUGH: mmap gives the pages of the backing file.</summary>
    Passthrough = 1 << 7,
}

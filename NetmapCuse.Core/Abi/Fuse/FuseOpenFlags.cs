namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>FOPEN_ flags of the answer to OPEN.</summary>
[Flags]
internal enum FuseOpenFlags : uint
{
    None = 0,

    /// <summary>FOPEN_DIRECT_IO: read and write come to the daemon, which refuses them.</summary>
    DirectIo = 1 << 0,

    /// <summary>FOPEN_PASSTHROUGH: mmap gives the pages of the backing file.</summary>
    Passthrough = 1 << 7,
}

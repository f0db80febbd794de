using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_open_out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseOpenOut : IFuseOut
{
    internal ulong Handle;
    internal FuseOpenFlags OpenFlags;

    /// <summary>What FUSE_DEV_IOC_BACKING_OPEN returned, with FOPEN_PASSTHROUGH.</summary>
    internal int BackingId;
}

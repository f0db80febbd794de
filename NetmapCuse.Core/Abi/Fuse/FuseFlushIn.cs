using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_flush_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseFlushIn : IFuseIn
{
    internal ulong Handle;
    internal uint Unused;
    internal uint Padding;
    internal ulong LockOwner;
}

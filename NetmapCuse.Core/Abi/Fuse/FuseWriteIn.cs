using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_write_in; the data follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseWriteIn : IFuseIn
{
    internal ulong Handle;
    internal ulong Offset;
    internal uint Size;
    internal uint WriteFlags;
    internal ulong LockOwner;
    internal uint Flags;
    internal uint Padding;
}

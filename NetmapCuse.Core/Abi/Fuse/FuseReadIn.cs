using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_read_in: READ and READDIR.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseReadIn : IFuseIn
{
    internal ulong Handle;
    internal ulong Offset;
    internal uint Size;
    internal uint ReadFlags;
    internal ulong LockOwner;
    internal uint Flags;
    internal uint Padding;
}

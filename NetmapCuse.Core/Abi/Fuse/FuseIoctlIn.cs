using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_ioctl_in; the argument structure (InSize bytes) follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseIoctlIn : IFuseIn
{
    internal ulong Handle;
    internal uint Flags;
    internal uint Command;
    internal ulong Argument;
    internal uint InSize;
    internal uint OutSize;
}

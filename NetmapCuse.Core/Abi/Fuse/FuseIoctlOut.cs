using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_ioctl_out; the argument structure follows.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseIoctlOut : IFuseOut
{
    /// <summary>What ioctl() returns: 0 or more, or a negative errno. The data is copied back either way.</summary>
    internal int Result;
    internal uint Flags;
    internal uint InIovs;
    internal uint OutIovs;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_backing_map: the argument of FUSE_DEV_IOC_BACKING_OPEN.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseBackingMap
{
    internal int Descriptor;
    internal uint Flags;
    internal ulong Padding;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_attr_out: the answer to GETATTR and SETATTR.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseAttrOut : IFuseOut
{
    /// <summary>How long the kernel may keep the attributes.</summary>
    internal ulong ValidSeconds;
    internal uint ValidNs;
    internal uint Dummy;
    internal FuseAttributes Attributes;
}

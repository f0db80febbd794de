using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_write_out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseWriteOut : IFuseOut
{
    internal uint Size;
    internal uint Padding;
}

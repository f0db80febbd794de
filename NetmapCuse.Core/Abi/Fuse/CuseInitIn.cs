using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct cuse_init_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CuseInitIn : IFuseIn
{
    internal uint Major;
    internal uint Minor;
    internal uint Unused;
    internal uint Flags;
}

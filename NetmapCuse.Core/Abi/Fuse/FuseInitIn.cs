using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_init_in.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct FuseInitIn : IFuseIn
{
    internal uint Major;
    internal uint Minor;
    internal uint MaxReadahead;
    internal uint Flags;

    /// <summary>Bits 32 to 63 of the flags, valid with FUSE_INIT_EXT. Eleven unused words follow on the wire.</summary>
    internal uint Flags2;
}

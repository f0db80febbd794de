using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_interrupt_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseInterruptIn : IFuseIn
{
    /// <summary>The request whose caller was interrupted.</summary>
    internal ulong Unique;
}

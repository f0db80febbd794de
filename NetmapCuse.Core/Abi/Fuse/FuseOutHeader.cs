using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_out_header: the head of every reply and, with a unique of 0, of every notification.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseOutHeader : IFuseOut
{
    internal uint Length;

    /// <summary>0 or a negative errno; the notification code when the unique is 0.</summary>
    internal int Error;
    internal ulong Unique;
}

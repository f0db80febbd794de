using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_uring_ent_in_out: what the ring protocol adds to a request and its reply.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseUringEntInOut
{
    internal ulong Flags;

    /// <summary>Names the request in the commit of its answer.</summary>
    internal ulong CommitId;

    /// <summary>Bytes in the payload buffer: of the request when it arrives, of the reply when it is committed.</summary>
    internal uint PayloadSize;
    internal uint Padding;
    internal ulong Reserved;
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_uring_req_header: the header buffer of one ring entry.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseUringHeaders
{
    /// <summary>in_out: fuse_in_header of the request, overwritten by fuse_out_header of the reply.</summary>
    internal FuseUringHeaderArea InOut;

    /// <summary>op_in: the first argument of the operation.</summary>
    internal FuseUringHeaderArea OperationIn;

    /// <summary>ring_ent_in_out.</summary>
    internal FuseUringEntInOut Entry;
}

/// <summary>char[FUSE_URING_IN_OUT_HEADER_SZ] and char[FUSE_URING_OP_IN_OUT_SZ].</summary>
[InlineArray(Size)]
internal struct FuseUringHeaderArea
{
    internal const int Size = 128;

    private byte _first;
}

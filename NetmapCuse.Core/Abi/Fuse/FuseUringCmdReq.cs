using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_uring_cmd_req: the command area of a submission.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct FuseUringCmdReq
{
    internal ulong Flags;
    internal ulong CommitId;
    internal ushort QueueId;
}

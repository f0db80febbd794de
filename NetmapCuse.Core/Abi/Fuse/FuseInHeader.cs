using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_in_header: the head of every request.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseInHeader : IFuseIn
{
    internal uint Length;
    internal FuseOpcode Opcode;

    /// <summary>Names the request; the reply and an interrupt carry it.</summary>
    internal ulong Unique;
    internal ulong NodeId;
    internal uint UserId;
    internal uint GroupId;

    /// <summary>The thread id of the caller of this request, in the pid namespace of the mount.</summary>
    internal int ProcessId;
    internal ushort TotalExtensionLength;
    internal ushort Padding;
}

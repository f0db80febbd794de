using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_setattr_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseSetattrIn : IFuseIn
{
    internal FuseSetattrValid Valid;
    internal uint Padding;
    internal ulong Handle;
    internal ulong Size;
    internal ulong LockOwner;
    internal ulong AccessTime;
    internal ulong ModifyTime;
    internal ulong ChangeTime;
    internal uint AccessTimeNs;
    internal uint ModifyTimeNs;
    internal uint ChangeTimeNs;
    internal uint Mode;
    internal uint Unused4;
    internal uint UserId;
    internal uint GroupId;
    internal uint Unused5;
}

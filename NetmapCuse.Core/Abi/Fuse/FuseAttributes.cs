using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_attr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseAttributes
{
    internal ulong Inode;
    internal ulong Size;
    internal ulong Blocks;
    internal ulong AccessTime;
    internal ulong ModifyTime;
    internal ulong ChangeTime;
    internal uint AccessTimeNs;
    internal uint ModifyTimeNs;
    internal uint ChangeTimeNs;
    internal uint Mode;
    internal uint Links;
    internal uint UserId;
    internal uint GroupId;
    internal uint Device;
    internal uint BlockSize;
    internal uint Flags;
}

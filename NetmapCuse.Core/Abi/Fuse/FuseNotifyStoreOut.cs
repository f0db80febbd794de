using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_notify_store_out; the bytes to store follow it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyStoreOut : IFuseOut
{
    internal ulong Inode;
    internal ulong Offset;
    internal uint Size;
    internal uint Padding;
}

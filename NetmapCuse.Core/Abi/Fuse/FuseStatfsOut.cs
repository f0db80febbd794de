using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_statfs_out (struct fuse_kstatfs).</summary>
[StructLayout(LayoutKind.Sequential, Size = 80)]
internal struct FuseStatfsOut : IFuseOut
{
    internal ulong Blocks;
    internal ulong FreeBlocks;
    internal ulong AvailableBlocks;
    internal ulong Files;
    internal ulong FreeFiles;
    internal uint BlockSize;
    internal uint NameLength;
    internal uint FragmentSize;
    internal uint Padding;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_dirent: the name follows, padded with zeros to a multiple of 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseDirectoryEntry : IFuseOut
{
    internal const int Alignment = 8;

    internal ulong Inode;

    /// <summary>The offset that asks for the entries behind this one.</summary>
    internal ulong NextOffset;
    internal uint NameLength;

    /// <summary>DT_REG 8, DT_DIR 4.</summary>
    internal uint Type;
}

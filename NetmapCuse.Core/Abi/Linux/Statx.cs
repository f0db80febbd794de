using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Linux;

/// <summary>struct statx, as far as it is read here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct Statx
{
    /// <summary>AT_FDCWD.</summary>
    internal const int CurrentDirectory = -100;

    /// <summary>AT_SYMLINK_NOFOLLOW.</summary>
    internal const int NoFollow = 0x100;

    /// <summary>AT_EMPTY_PATH: the descriptor itself is meant.</summary>
    internal const int EmptyPath = 0x1000;

    /// <summary>AT_STATX_FORCE_SYNC: the server of the file is asked, whatever is cached.</summary>
    internal const int ForceSync = 0x2000;

    /// <summary>AT_STATX_DONT_SYNC: the server of the file is not asked.</summary>
    internal const int DoNotSync = 0x4000;

    /// <summary>STATX_BASIC_STATS.</summary>
    internal const uint BasicStats = 0x7FF;

    /// <summary>stx_blksize: for a file on hugetlbfs the size of its pages.</summary>
    [FieldOffset(0x04)]
    internal uint BlockSize;

    [FieldOffset(0x14)]
    internal uint UserId;

    [FieldOffset(0x1C)]
    internal ushort Mode;

    [FieldOffset(0x20)]
    internal ulong Inode;

    [FieldOffset(0x28)]
    internal ulong Size;

    [FieldOffset(0x88)]
    internal uint DeviceMajor;

    [FieldOffset(0x8C)]
    internal uint DeviceMinor;
}

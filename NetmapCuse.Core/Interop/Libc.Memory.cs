using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>Memory: memfd, mappings, seals, holes.</summary>
internal static unsafe partial class Libc
{
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int MapShared = 0x01;
    internal const int MapPrivate = 0x02;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int MapNoReserve = 0x4000;

    /// <summary>MLOCK_ONFAULT (Linux 4.4).</summary>
    internal const uint MLockOnFault = 1;

    /// <summary>MADV_POPULATE_WRITE (asm-generic/mman-common.h, Linux 5.14): take the page faults now.</summary>
    internal const int MadvPopulateWrite = 23;

    /// <summary>MADV_HUGEPAGE (asm-generic/mman-common.h).</summary>
    internal const int MadvHugePage = 14;

    /// <summary>MFD_CLOEXEC | MFD_ALLOW_SEALING (linux/memfd.h).</summary>
    internal const uint MfdCloexecSealable = 0x0001 | 0x0002;

    /// <summary>F_ADD_SEALS (linux/fcntl.h).</summary>
    internal const int FAddSeals = 1033;

    /// <summary>F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW.</summary>
    internal const int SealSize = 0x1 | 0x2 | 0x4;

    /// <summary>FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE (linux/falloc.h).</summary>
    internal const int PunchHole = 0x1 | 0x2;

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial Fd MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int FTruncate(Fd fd, long length);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(Fd fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int FAllocate(Fd fd, int mode, long offset, long length);

    /// <summary>lseek(SEEK_DATA): where the next page is that a sparse file has, or less than 0 when there is none (ENXIO).</summary>
    internal static long SeekData(Fd file, long offset) => Seek(file, offset, 3);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(Fd fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial void* MMap(void* address, nuint length, int protection, int flags, Fd fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int MUnmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "mlock2", SetLastError = true)]
    internal static partial int MLock2(void* address, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int MAdvise(void* address, nuint length, int advice);
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>What a path or a descriptor refers to.</summary>
internal static unsafe partial class Libc
{
    internal static int StatusOf(string path, int flags, out Statx status)
    {
        fixed (Statx* target = &status)
        {
            return StatusOf(Statx.CurrentDirectory, path, flags, Statx.BasicStats, target);
        }
    }

    internal static int StatusOf(Fd fd, out Statx status)
    {
        fixed (Statx* target = &status)
        {
            return StatusOf(fd, "", Statx.EmptyPath, Statx.BasicStats, target);
        }
    }

    /// <summary>flock(fd, LOCK_EX | LOCK_NB): fails with EAGAIN while another open file holds the lock.</summary>
    internal static int TryLock(Fd fd) => FileLock(fd, 2 | 4);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FileLock(Fd fd, int operation);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOf(int directory, string path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOf(Fd directory, string path, int flags, uint mask, Statx* status);
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>What a path or a descriptor refers to, and small things done with it.</summary>
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

    /// <summary>What is known of the file without asking its file system, which may be a client's and never answer.</summary>
    internal static int CachedStatusOf(Fd fd, out Statx status)
    {
        fixed (Statx* target = &status)
        {
            return StatusOf(fd, "", Statx.EmptyPath | Statx.DoNotSync, Statx.BasicStats, target);
        }
    }

    /// <summary>flock(fd, LOCK_EX | LOCK_NB), also from a shared lock: fails while another open file holds any.</summary>
    internal static bool TryLock(Fd fd) => FileLock(fd, 2 | 4) == 0;

    /// <summary>flock(fd, LOCK_SH | LOCK_NB), also from an exclusive lock: fails while another open file holds an exclusive one.</summary>
    internal static bool TryShareLock(Fd fd) => FileLock(fd, 1 | 4) == 0;

    /// <summary>One write, unless the descriptor is invalid or closed.</summary>
    /// <returns>0 or a positive errno.</returns>
    internal static int TryWrite(Fd fd, ReadOnlySpan<byte> bytes)
    {
        if (fd.IsInvalid)
        {
            return Errno.BadF;
        }

        fixed (byte* start = bytes)
        {
            try
            {
                return Write(fd, start, (nuint)bytes.Length) >= 0 ? Errno.Ok : Marshal.GetLastPInvokeError();
            }
            catch (ObjectDisposedException)
            {
                return Errno.BadF;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeMode(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FileLock(Fd fd, int operation);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOf(int directory, string path, int flags, uint mask, Statx* status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatusOf(Fd directory, string path, int flags, uint mask, Statx* status);
}

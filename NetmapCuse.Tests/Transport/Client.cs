using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Tests.Transport;

/// <summary>The system calls of a client program.</summary>
internal static unsafe partial class Client
{
    internal const int ReadWrite = 2;
    internal const int Truncate = 0x200;
    internal const int CloseOnExec = 0x80000;

    private const int Interrupted = 4;

    internal static Fd Open(string path, int flags = ReadWrite | CloseOnExec)
    {
        Fd fd = OpenFile(path, flags, 0);
        return fd.IsInvalid ? throw PosixException.Last("open " + path) : fd;
    }

    internal static int OpenErrno(string path)
    {
        using Fd fd = OpenFile(path, ReadWrite | CloseOnExec, 0);
        int errno = Marshal.GetLastPInvokeError();
        return fd.IsInvalid ? errno : 0;
    }

    /// <returns>What ioctl() returns, or a negative errno.</returns>
    internal static int Ioctl(Fd fd, uint command, Span<byte> data)
    {
        fixed (byte* start = data)
        {
            int result = IoctlCall(fd, command, start);
            return result >= 0 ? result : -Marshal.GetLastPInvokeError();
        }
    }

    /// <returns>The ready events, 0 after the timeout, or a negative errno.</returns>
    internal static int Poll(Fd fd, int events, int timeoutMs)
    {
        PollFd entry = new() { Number = fd.Number, Events = (short)events };
        int count;
        do
        {
            count = PollCall(&entry, 1, timeoutMs);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        return count < 0 ? -Marshal.GetLastPInvokeError() : count == 0 ? 0 : entry.Ready;
    }

    internal static int WriteErrno(Fd fd) => Errno(Write(fd, "x"u8));

    internal static int ReadErrno(Fd fd)
    {
        byte one;
        return Errno(ReadCall(fd, &one, 1));
    }

    internal static int TruncateErrno(Fd fd) => Errno(TruncateCall(fd, 4096));

    internal static int FallocateErrno(Fd fd) => Errno(FallocateCall(fd, 0, 0, 4096));

    internal static Fd MemFd(long size)
    {
        Fd fd = MemFdCreate("netmap-test", 1);
        if (fd.IsInvalid || TruncateCall(fd, size) != 0)
        {
            throw PosixException.Last("memfd_create");
        }

        return fd;
    }

    internal static byte* Map(Fd fd, nuint length)
    {
        byte* address = MapCall(null, length, 3, 1, fd, 0);
        return address == (byte*)-1 ? throw PosixException.Last("mmap") : address;
    }

    internal static void Unmap(byte* address, nuint length) => _ = UnmapCall(address, length);

    internal static byte ReadAt(Fd fd, long offset)
    {
        byte value;
        return ReadAtCall(fd, &value, 1, offset) == 1 ? value : throw PosixException.Last("pread");
    }

    internal static void WriteAt(Fd fd, long offset, byte value)
    {
        if (WriteAtCall(fd, &value, 1, offset) != 1)
        {
            throw PosixException.Last("pwrite");
        }
    }

    /// <summary>Waits with epoll, level-triggered, for one descriptor.</summary>
    internal static int Epoll(Fd fd, int events, int timeoutMs, Action? armed = null)
    {
        using Fd epoll = EpollCreate(CloseOnExec);
        EpollEvent wanted = new() { Events = (uint)events };
        if (EpollControl(epoll, 1, fd, &wanted) != 0)
        {
            throw PosixException.Last("epoll_ctl");
        }

        armed?.Invoke();
        EpollEvent ready;
        int count;
        do
        {
            // The runtime interrupts threads with signals of its own.
            count = EpollWait(epoll, &ready, 1, timeoutMs);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        return count < 0 ? -Marshal.GetLastPInvokeError() : count == 0 ? 0 : (int)ready.Events;
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "tgkill", SetLastError = true)]
    internal static partial int SignalThread(int process, int thread, int signal);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int SignalProcess(int process, int signal);

    private static int Errno(nint result) => result >= 0 ? 0 : Marshal.GetLastPInvokeError();

    private static nint Write(Fd fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return WriteCall(fd, start, (nuint)bytes.Length);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial Fd OpenFile(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int IoctlCall(Fd fd, nuint command, void* argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int PollCall(PollFd* entries, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadCall(Fd fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteCall(Fd fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint ReadAtCall(Fd fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint WriteAtCall(Fd fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int TruncateCall(Fd fd, long size);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int FallocateCall(Fd fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial Fd MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial byte* MapCall(void* address, nuint length, int protection, int flags, Fd fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int UnmapCall(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial Fd EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(Fd epoll, int operation, Fd fd, EpollEvent* wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(Fd epoll, EpollEvent* ready, int count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        internal int Number;
        internal short Events;
        internal short Ready;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct EpollEvent
    {
        internal uint Events;
        internal ulong Data;
    }
}

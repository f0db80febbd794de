using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// Sleeps until one of some eventfds is written. Edge-triggered: nobody has to take the count out, and a write that comes
/// before the sleep ends it at once.
/// </summary>
internal sealed unsafe partial class EventWaiter : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;

    // EPOLLIN | EPOLLET
    private const uint Written = 0x1 | (1u << 31);

    // epoll_pwait2 (Linux 5.11), of which old C libraries know nothing.
    private const nint WaitNumber = 441;
    private const int EventsMax = 16;

    private readonly Fd _epoll;

    internal EventWaiter()
    {
        _epoll = Create(CloseOnExec);
        if (_epoll.IsInvalid)
        {
            throw PosixException.Last("epoll_create1");
        }
    }

    /// <summary>Also watches this one. False when the kernel refuses.</summary>
    internal bool TryAdd(Fd eventFd)
    {
        Event wanted = new() { Events = Written };
        return Control(_epoll, Add, eventFd, &wanted) == 0;
    }

    /// <summary>Sleeps. May end early for no reason.</summary>
    internal void Wait(long microseconds)
    {
        Event* events = stackalloc Event[EventsMax];
        (long seconds, long rest) = Math.DivRem(microseconds, 1_000_000);
        TimeSpec timeout = new() { Seconds = seconds, Nanoseconds = rest * 1000 };
        _ = WaitFor(WaitNumber, _epoll, events, EventsMax, &timeout, null, 8);
    }

    public void Dispose() => _epoll.Dispose();

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial Fd Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(Fd epoll, int operation, Fd fd, Event* wanted);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint WaitFor(
        nint number, Fd epoll, Event* events, int count, TimeSpec* timeout, void* mask, nuint maskBytes);

    /// <summary>struct epoll_event of x86-64.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Event
    {
        internal uint Events;
        internal ulong Data;
    }

    /// <summary>struct timespec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        internal long Seconds;
        internal long Nanoseconds;
    }
}

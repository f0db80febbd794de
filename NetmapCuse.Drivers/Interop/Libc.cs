using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>The system calls of drivers that Core does not have.</summary>
internal static unsafe partial class Libc
{
    internal const int EpollAdd = 1;
    internal const int EpollDelete = 2;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial Fd Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial Fd EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(Fd epoll, int operation, int fd, EpollEvent* wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int EpollWait(Fd epoll, EpollEvent* events, int count, int timeoutMs);
}

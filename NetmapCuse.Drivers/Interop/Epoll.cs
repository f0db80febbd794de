using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>An epoll descriptor for reading, level-triggered. A descriptor that is closed leaves by itself.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const uint Readable = 0x1;
    private const int Interrupted = 4;

    private readonly Fd _fd;

    internal Epoll()
    {
        _fd = Libc.EpollCreate(CloseOnExec);
        if (_fd.IsInvalid)
        {
            throw PosixException.Last("epoll_create1");
        }
    }

    /// <param name="number">The descriptor; its owner keeps it open meanwhile.</param>
    /// <param name="key">What <see cref="Wait"/> says of it.</param>
    internal void Add(int number, ulong key)
    {
        EpollEvent wanted = new() { Events = Readable, Data = key };
        if (Libc.EpollControl(_fd, Libc.EpollAdd, number, &wanted) != 0)
        {
            throw PosixException.Last("epoll_ctl");
        }
    }

    internal void Remove(int number) => _ = Libc.EpollControl(_fd, Libc.EpollDelete, number, null);

    /// <summary>Waits without limit for readable descriptors.</summary>
    /// <returns>How many keys there are; 0 when a signal came in between.</returns>
    internal int Wait(Span<ulong> keys)
    {
        EpollEvent* events = stackalloc EpollEvent[keys.Length];
        int count = Libc.EpollWait(_fd, events, keys.Length, -1);
        if (count < 0)
        {
            return Marshal.GetLastPInvokeError() == Interrupted ? 0 : throw PosixException.Last("epoll_wait");
        }

        for (int i = 0; i < count; i++)
        {
            keys[i] = events[i].Data;
        }

        return count;
    }

    public void Dispose() => _fd.Dispose();
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>An epoll descriptor for reading. A descriptor that is closed leaves by itself.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    internal const int Forever = -1;

    private const int CloseOnExec = 0x80000;
    private const uint Readable = 0x1;
    private const uint EdgeTriggered = 1u << 31;
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
    /// <param name="onChange">Says so once for each arrival, not as long as there is something to read.</param>
    internal void Add(int number, ulong key, bool onChange = false)
    {
        EpollEvent wanted = new() { Events = onChange ? Readable | EdgeTriggered : Readable, Data = key };
        if (Libc.EpollControl(_fd, Libc.EpollAdd, number, &wanted) != 0)
        {
            throw PosixException.Last("epoll_ctl");
        }
    }

    internal void Remove(int number) => _ = Libc.EpollControl(_fd, Libc.EpollDelete, number, null);

    /// <summary>Waits for readable descriptors.</summary>
    /// <returns>How many keys there are; 0 when a signal came in between or the time is over.</returns>
    internal int Wait(Span<ulong> keys, int timeoutMilliseconds = Forever)
    {
        EpollEvent* events = stackalloc EpollEvent[keys.Length];
        int count = Libc.EpollWait(_fd, events, keys.Length, timeoutMilliseconds);
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

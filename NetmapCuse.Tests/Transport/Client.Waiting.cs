using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Tests.Transport;

/// <summary>select and epoll sets that live on, and what else a program does with descriptors.</summary>
internal static unsafe partial class Client
{
    internal const uint EdgeTriggered = 1u << 31;

    private const int SetWords = 16;

    /// <summary>select() on one descriptor.</summary>
    /// <returns>Whether it is readable and writable now.</returns>
    internal static (bool Readable, bool Writable) Select(Fd fd, bool read, bool write, int timeoutMs)
    {
        ulong* readable = stackalloc ulong[SetWords];
        ulong* writable = stackalloc ulong[SetWords];
        long* timeout = stackalloc long[2];
        int result;
        do
        {
            timeout[0] = timeoutMs / 1000;
            timeout[1] = timeoutMs % 1000 * 1000;
            new Span<ulong>(readable, SetWords).Clear();
            new Span<ulong>(writable, SetWords).Clear();
            readable[fd.Number / 64] = read ? 1UL << (fd.Number % 64) : 0;
            writable[fd.Number / 64] = write ? 1UL << (fd.Number % 64) : 0;
            result = SelectCall(fd.Number + 1, readable, writable, null, timeout);
        }
        while (result < 0 && Marshal.GetLastPInvokeError() == Interrupted);

        return result > 0
            ? ((readable[fd.Number / 64] >> (fd.Number % 64) & 1) != 0, (writable[fd.Number / 64] >> (fd.Number % 64) & 1) != 0)
            : (false, false);
    }

    internal static Fd Duplicate(Fd fd)
    {
        Fd copy = DuplicateCall(fd);
        return copy.IsInvalid ? throw PosixException.Last("dup") : copy;
    }

    [LibraryImport("libc", EntryPoint = "select", SetLastError = true)]
    private static partial int SelectCall(int count, ulong* readable, ulong* writable, ulong* failed, long* timeout);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial Fd DuplicateCall(Fd fd);

    /// <summary>An epoll descriptor with one file in it.</summary>
    internal sealed class EpollSet : IDisposable
    {
        private readonly Fd _epoll = EpollCreate(CloseOnExec);

        internal EpollSet(Fd fd, uint events)
        {
            EpollEvent wanted = new() { Events = events };
            if (EpollControl(_epoll, 1, fd, &wanted) != 0)
            {
                throw PosixException.Last("epoll_ctl");
            }
        }

        /// <returns>The events that are reported, 0 after the timeout.</returns>
        internal uint Wait(int timeoutMs)
        {
            EpollEvent ready;
            int count;
            do
            {
                count = EpollWait(_epoll, &ready, 1, timeoutMs);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Interrupted);

            return count > 0 ? ready.Events : 0;
        }

        public void Dispose() => _epoll.Dispose();
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// An eventfd of a client. The client decides whether it blocks and what it counts, so nothing here may rely on that.
/// </summary>
internal sealed unsafe partial class ClientEventFd : IDisposable
{
    /// <summary>RWF_NOWAIT (linux/fs.h).</summary>
    private const int NoWait = 0x8;

    private ClientEventFd(Fd fd) => Fd = fd;

    internal Fd Fd { get; }

    /// <summary>Duplicates a descriptor of a process.</summary>
    /// <returns>0; EBADF when it has no such descriptor, EINVAL when that is no eventfd.</returns>
    internal static int TryOpen(Fd process, int descriptor, out ClientEventFd? opened)
    {
        opened = null;
        Fd fd = Libc.CopyDescriptor(process, descriptor);
        if (fd.IsInvalid)
        {
            fd.Dispose();
            return Errno.BadF;
        }

        string path = $"/proc/self/fd/{fd.Number.ToString(CultureInfo.InvariantCulture)}";
        if (new FileInfo(path).LinkTarget != "anon_inode:[eventfd]")
        {
            fd.Dispose();
            return Errno.Inval;
        }

        opened = new ClientEventFd(fd);
        return Errno.Ok;
    }

    /// <summary>
    /// Signals the client. A counter that is full would make the write block; then there is a signal already. A client
    /// that fills it between look and write blocks this thread, until <see cref="Empty"/> or somebody else reads.
    /// </summary>
    internal void Signal()
    {
        PollDescriptor look = new() { Descriptor = Fd.Number, Events = (short)PollEvents.Out };
        if (Poll(&look, 1, 0) == 1 && (look.ReadyEvents & (short)PollEvents.Out) != 0)
        {
            ulong one = 1;
            _ = Libc.Write(Fd, &one, sizeof(ulong));
        }
    }

    /// <summary>Takes the count out, so that a blocked writer goes on. Never blocks.</summary>
    internal void Empty()
    {
        ulong count;
        IoVector vector = new() { Base = (ulong)&count, Length = sizeof(ulong) };
        try
        {
            _ = ReadNow(Fd, &vector, 1, -1, NoWait);
        }
        catch (ObjectDisposedException)
        {
        }
    }

    public void Dispose() => Fd.Dispose();

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint ReadNow(Fd fd, IoVector* vectors, int count, long offset, int flags);
}

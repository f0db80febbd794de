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

    private const string EventFdKind = "anon_inode:[eventfd]";

    private ClientEventFd(Fd fd) => Fd = fd;

    internal Fd Fd { get; }

    /// <summary>
    /// Duplicates a descriptor of a process. Anything but an eventfd is better not duplicated at all: to close the copy can
    /// be a request to a file system of the client's, or to this one, for whose answer this thread would wait.
    /// </summary>
    /// <param name="process">A handle on the process.</param>
    /// <param name="folder">The same thread's folder.</param>
    /// <param name="descriptor">A number that it gave.</param>
    /// <param name="opened">The copy.</param>
    /// <returns>0; EBADF when it has no such descriptor, EINVAL when that is no eventfd.</returns>
    internal static int TryOpen(Fd process, ThreadFolder folder, int descriptor, out ClientEventFd? opened)
    {
        opened = null;
        string? kind = folder.LinkOf(string.Create(CultureInfo.InvariantCulture, $"fd/{descriptor}"));
        if (kind != EventFdKind || ForeignDescriptor.AreManyClosing)
        {
            return kind is null ? Errno.BadF : Errno.Inval;
        }

        Fd fd = Libc.CopyDescriptor(process, descriptor);
        if (fd.IsInvalid)
        {
            fd.Dispose();
            return Errno.BadF;
        }

        if (!IsEventFd(fd))
        {
            ForeignDescriptor.Close(fd);
            return Errno.Inval;
        }

        opened = new ClientEventFd(fd);
        return Errno.Ok;
    }

    /// <summary>
    /// Takes over a descriptor that somebody sent; null when it is no eventfd. It is closed in any case, and by another thread where
    /// that may take time.
    /// </summary>
    internal static ClientEventFd? TryAdopt(Fd fd)
    {
        // It may be made to block again by whoever sent it; but who does not mean harm does not.
        const int SetFlags = 4;
        if (IsEventFd(fd))
        {
            _ = Libc.Fcntl(fd, SetFlags, OpenFlags.ReadWrite | OpenFlags.NonBlock);
            return new ClientEventFd(fd);
        }

        ForeignDescriptor.Close(fd);
        return null;
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

    private static bool IsEventFd(Fd fd) =>
        KindOf(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd.Number}")) == EventFdKind;

    private static string? KindOf(string link) => new FileInfo(link).LinkTarget;

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint ReadNow(Fd fd, IoVector* vectors, int count, long offset, int flags);
}

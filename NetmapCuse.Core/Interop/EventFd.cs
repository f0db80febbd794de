using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>An eventfd: any thread signals, one thread polls the descriptor and drains it.</summary>
internal sealed unsafe partial class EventFd : IDisposable
{
    // EFD_CLOEXEC | EFD_NONBLOCK
    private const int Flags = 0x80000 | 0x800;

    private readonly Fd _fd;

    internal EventFd()
    {
        _fd = Create(0, Flags);
        if (_fd.IsInvalid)
        {
            throw PosixException.Last("eventfd");
        }
    }

    /// <summary>For a poll by somebody who keeps this object alive.</summary>
    internal int Number => _fd.Number;

    /// <summary>Likewise.</summary>
    internal Fd Descriptor => _fd;

    /// <summary>Makes the descriptor readable. Nothing happens when the owner has gone meanwhile.</summary>
    internal void Signal()
    {
        ulong one = 1;
        _ = Libc.TryWrite(_fd, new ReadOnlySpan<byte>(&one, sizeof(ulong)));
    }

    internal void Drain()
    {
        ulong count;
        _ = Libc.Read(_fd, &count, sizeof(ulong));
    }

    public void Dispose() => _fd.Dispose();

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial Fd Create(uint initial, int flags);
}

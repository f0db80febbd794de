using System.Runtime.ExceptionServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>
/// A network namespace, held open. Sockets, TAPs and links belong to the namespace of the thread that makes them, for ever:
/// a short-lived thread enters the namespace, makes them and ends.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    // CLONE_NEWNET (linux/sched.h)
    private const int NetworkKind = 0x40000000;
    private const int ReadOnlyCloseOnExec = 0x80000;

    private readonly Fd? _fd;

    private NetworkNamespace(Fd? fd) => _fd = fd;

    /// <summary>The namespace that the daemon lives in.</summary>
    internal static NetworkNamespace Own { get; } = new(null);

    /// <summary>The namespace that a file stands for: /proc/PID/ns/net, /run/netns/NAME.</summary>
    internal static NetworkNamespace Open(string path)
    {
        Fd fd = Core.Interop.Libc.Open(path, ReadOnlyCloseOnExec, 0);
        return fd.IsInvalid ? throw PosixException.Last($"opening the network namespace {path}") : new NetworkNamespace(fd);
    }

    /// <summary>Runs something inside the namespace and waits for it; its exception comes out here.</summary>
    internal T Run<T>(Func<T> action)
    {
        if (_fd is null)
        {
            return action();
        }

        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                if (Libc.SetNamespace(_fd, NetworkKind) != 0)
                {
                    throw PosixException.Last("entering a network namespace (CAP_SYS_ADMIN is needed)");
                }

                result = action();
            }
            catch (Exception escaped)
            {
                failure = ExceptionDispatchInfo.Capture(escaped);
            }
        })
        { Name = "netmap netns", IsBackground = true };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    public void Dispose() => _fd?.Dispose();
}

using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// What differs between the doors: how the connection is made and ended, what OPEN answers, and how the memory gets to
/// the clients. Used in the order of its members.
/// </summary>
internal abstract class FrontDoor(DeviceServerOptions options, string path, FuseDevice device)
{
    /// <summary>For the log.</summary>
    internal abstract string Name { get; }

    /// <summary>The device file.</summary>
    internal string Path { get; } = path;

    /// <summary>The descriptor of the connection; disposed of by whoever serves it.</summary>
    internal FuseDevice Device { get; } = device;

    /// <summary>For a process that answers in place of the readers, where the door needs one and the readers run.</summary>
    internal PagerLink? Pager { get; private protected set; }

    protected DeviceServerOptions Options { get; } = options;

    /// <summary>Makes the connection and shakes hands.</summary>
    /// <param name="uring">Whether requests shall come over io_uring where the kernel offers that.</param>
    /// <returns>Whether they do.</returns>
    internal abstract bool Connect(bool uring);

    internal abstract Dispatcher CreateDispatcher(ICallHandler handler, DeferredCalls deferred);

    /// <summary>The threads that serve it through /dev/fuse or what stands for it.</summary>
    internal abstract FuseReaders StartReaders(
        Dispatcher dispatcher, DeferredCalls deferred, Action ended, ILogger log);

    /// <summary>The threads run: finds out whether it works.</summary>
    internal abstract void OnServing();

    /// <summary>Ends the connection, also under clients that have the file open.</summary>
    internal abstract void End();

    protected NodeAttributes CreateAttributes(ulong size) => new(Options.Mode, Options.UserId, Options.GroupId, size);
}

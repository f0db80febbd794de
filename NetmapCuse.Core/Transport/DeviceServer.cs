using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>A served device file, from its mount to its end. Several may be served at once; they share nothing.</summary>
public sealed class DeviceServer : IPollWaker, IDisposable
{
    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(5);

    private readonly ILogger _log;
    private readonly FrontDoor _door;
    private readonly DevicePath? _path;
    private readonly DeferredCalls _deferred = new();
    private readonly CallerWatch _callers;
    private readonly Notifier _notifier;
    private readonly IRequestSource _source;
    private readonly TaskCompletionSource<EndReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopGate = new();
    private volatile bool _stopping;
    private bool _stopped;

    /// <param name="door">The way in; taken down when this fails.</param>
    /// <param name="path">The claimed path, if the door needs one. Stays the caller's when this fails.</param>
    /// <param name="handler">What is done with calls.</param>
    /// <param name="uring">Whether to ask for io_uring.</param>
    /// <param name="log">The log.</param>
    private DeviceServer(FrontDoor door, DevicePath? path, ICallHandler handler, bool uring, ILogger log)
    {
        _log = log;
        _door = door;
        _path = path;
        _notifier = new Notifier(door.Device);
        _callers = new CallerWatch(_deferred);
        IRequestSource? source = null;
        try
        {
            bool overUring = door.Connect(uring);
            Dispatcher dispatcher = door.CreateDispatcher(handler, _deferred);
            _source = source = StartThreads(uring, overUring, dispatcher);
            door.OnServing();
            path?.OnMounted();
        }
        catch
        {
            _stopping = true;
            _callers.Dispose();
            door.End();
            bool joined = source?.Join(s_stopPatience) ?? true;
            source?.Dispose();
            if (joined)
            {
                door.Pager?.Dispose();
                door.Device.Dispose();
            }

            throw;
        }

        _log.Information("Serving {Path} over {Transport} ({Door})", door.Path, _source.Name, door.Name);
    }

    /// <summary>The device file, without symbolic links in its folder.</summary>
    public string Path => _door.Path;

    /// <summary>What requests come through: "io_uring" or "/dev/fuse".</summary>
    public string TransportName => _source.Name;

    /// <summary>For a pager process (<see cref="Transport.Pager"/>); null where the door needs none.</summary>
    public PagerLink? Pager => _door.Pager;

    /// <summary>Ends when the file is no longer served, and says why.</summary>
    public Task<EndReason> Ended => _ended.Task;

    /// <summary>Mounts the device file and serves it until <see cref="Stop"/>.</summary>
    /// <param name="options">What is served where.</param>
    /// <param name="backingMemory">The file whose pages mmap of the device gives: a memfd of fixed size.</param>
    /// <param name="handler">What is done with the calls of clients.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="StartException">It cannot be served; the message is one line with the remedy.</exception>
    public static DeviceServer Start(
        DeviceServerOptions options, Fd backingMemory, ICallHandler handler, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(backingMemory);
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentNullException.ThrowIfNull(log);

        if (options.Door == Door.Cuse)
        {
            return StartAt(options, null, () => new CuseDoor(options, backingMemory), handler, log);
        }

        DevicePath path = DevicePath.Claim(options.Path, log);
        return StartAt(options, path, () => new PassthroughDoor(options, path.Path, backingMemory), handler, log);
    }

    /// <inheritdoc cref="Start(DeviceServerOptions, Fd, ICallHandler, ILogger)"/>
    /// <param name="options">What is served where.</param>
    /// <param name="memory">What mmap of the device gives.</param>
    /// <param name="handler">What is done with the calls of clients.</param>
    /// <param name="log">The log.</param>
    public static DeviceServer Start(
        DeviceServerOptions options, PacketMemory memory, ICallHandler handler, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (memory is MemFdMemory ours)
        {
            return Start(options, ours.File, handler, log);
        }

        if (options.Transport == TransportKind.Uring)
        {
            throw new StartException(
                StartFailure.NoUring,
                "the page-cache door has no io_uring transport, whose threads could wait for themselves: use --transport "
                + "auto, or --door passthrough, which every kernel with io_uring has");
        }

        DevicePath path = DevicePath.Claim(options.Path, log);
        DeviceServerOptions overFuse = options with { Transport = TransportKind.Fuse };
        return StartAt(
            overFuse, path, () => new PageCacheDoor(options, path.Path, (DeviceFileMemory)memory), handler, log);
    }

    /// <summary>Wakes sleepers by the shortest way, for whoever serves the calls.</summary>
    public IPollWaker Waker => _notifier;

    /// <inheritdoc/>
    public void WakePollers(ulong kernelHandle) => _notifier.WakePollers(kernelHandle);

    /// <summary>
    /// Ends the connection, also under clients that have the file open (their calls then fail with ENOTCONN), unmounts,
    /// and waits a bounded time for the threads. Interrupts all deferred calls. No RELEASE follows for open files.
    /// </summary>
    public void Stop()
    {
        lock (_stopGate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            _stopping = true;
            _door.End();
            _deferred.InterruptAll();
            _callers.Dispose();
            bool joined = _source.Join(s_stopPatience);
            _source.Dispose();
            if (joined)
            {
                _door.Pager?.Dispose();
                _door.Device.Dispose();
            }
            else
            {
                // They know the descriptor by its number, which must not come to mean something else.
                _log.Warning("Some threads of {Path} are still busy and are left behind", _door.Path);
            }

            _path?.Dispose();
            _ended.TrySetResult(EndReason.Stopped);
            _log.Information("Stopped serving {Path}", _door.Path);
        }
    }

    /// <inheritdoc cref="Stop"/>
    public void Dispose() => Stop();

    private static DeviceServer StartAt(
        DeviceServerOptions options, DevicePath? path, Func<FrontDoor> door, ICallHandler handler, ILogger log)
    {
        try
        {
            return StartOver(options, path, door, handler, log);
        }
        catch (PosixException failure)
        {
            path?.Dispose();
            throw new StartException(StartFailure.Other, $"{options.Path} cannot be served: {failure.Message}", failure);
        }
        catch
        {
            path?.Dispose();
            throw;
        }
    }

    /// <summary>Over the transport that is asked for, or over the best one that works.</summary>
    private static DeviceServer StartOver(
        DeviceServerOptions options, DevicePath? path, Func<FrontDoor> door, ICallHandler handler, ILogger log)
    {
        if (options.Door == Door.Cuse)
        {
            return new DeviceServer(door(), path, handler, uring: false, log);
        }

        if (options.Transport != TransportKind.Fuse)
        {
            string? obstacle = UringSupport.Prepare(log);
            if (obstacle is null)
            {
                try
                {
                    return new DeviceServer(door(), path, handler, uring: true, log);
                }
                catch (StartException failure) when (failure.Failure == StartFailure.NoUring)
                {
                    obstacle = failure.Message;
                }
            }

            if (options.Transport == TransportKind.Uring)
            {
                throw new StartException(
                    StartFailure.NoUring, $"no io_uring transport: {obstacle}; or use --transport auto");
            }

            log.Information("Not using io_uring: {Obstacle}", obstacle);
        }

        return new DeviceServer(door(), path, handler, uring: false, log);
    }

    private IRequestSource StartThreads(bool wantUring, bool haveUring, Dispatcher dispatcher)
    {
        if (!wantUring)
        {
            return _door.StartReaders(dispatcher, _deferred, OnConnectionEnd, _log);
        }

        if (!haveUring)
        {
            throw new StartException(StartFailure.NoUring, "the kernel does not offer FUSE over io_uring");
        }

        UringQueues queues = new(_door.Device, _door.Path, dispatcher, _deferred, OnConnectionEnd, _log);
        int errno = queues.WaitRegistered();
        if (errno == Errno.Ok)
        {
            return queues;
        }

        // The kernel holds all requests back until every queue is there, so nothing but a new mount helps.
        _stopping = true;
        _door.End();
        queues.Join(s_stopPatience);
        queues.Dispose();
        throw new StartException(StartFailure.NoUring, $"the kernel refuses a ring queue (errno {errno})");
    }

    /// <summary>Called by each serving thread when it sees the end of the connection.</summary>
    private void OnConnectionEnd()
    {
        if (_stopping)
        {
            return;
        }

        if (_ended.TrySetResult(EndReason.Unmounted))
        {
            _log.Warning("{Path} was unmounted from outside", _door.Path);
            _deferred.InterruptAll();
        }
    }
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>A served device file, from its mount to its end. Several may be served at once; they share nothing.</summary>
public sealed class DeviceServer : IPollWaker, IDisposable
{
    private static readonly TimeSpan s_stopPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_selfTestPatience = TimeSpan.FromSeconds(5);

    private readonly ILogger _log;
    private readonly DevicePath _path;
    private readonly FuseDevice _device;
    private readonly FuseMount _mount;
    private readonly DeferredCalls _deferred = new();
    private readonly Notifier _notifier;
    private readonly IRequestSource _source;
    private readonly TaskCompletionSource<EndReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopGate = new();
    private volatile bool _stopping;
    private bool _stopped;

    /// <param name="options">What is served where.</param>
    /// <param name="path">The claimed path. Stays the caller's when this fails.</param>
    /// <param name="backingMemory">The file whose pages clients map.</param>
    /// <param name="handler">What is done with calls.</param>
    /// <param name="uring">Whether to ask for io_uring.</param>
    /// <param name="log">The log.</param>
    private DeviceServer(
        DeviceServerOptions options, DevicePath path, Fd backingMemory, ICallHandler handler, bool uring, ILogger log)
    {
        _log = log;
        _path = path;
        _device = OpenDevice();
        _notifier = new Notifier(_device);
        FuseMount? mount = null;
        IRequestSource? source = null;
        try
        {
            _mount = mount = FuseMount.Create(path.Path, _device);
            bool overUring = Handshake.Run(_device, uring);
            int backing = RegisterBacking(_device, backingMemory);
            NodeAttributes attributes = new(options.Mode, options.UserId, options.GroupId);
            Dispatcher dispatcher = new(handler, attributes, _deferred, backing);
            _source = source = StartThreads(uring, overUring, dispatcher);
            SelfTest(path.Path);
        }
        catch
        {
            _stopping = true;
            mount?.End();
            bool joined = source?.Join(s_stopPatience) ?? true;
            source?.Dispose();
            if (joined)
            {
                _device.Dispose();
            }

            throw;
        }

        _log.Information("Serving {Path} over {Transport}", path.Path, _source.Name);
    }

    /// <summary>What requests come through: "io_uring" or "/dev/fuse".</summary>
    public string TransportName => _source.Name;

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

        DevicePath path = DevicePath.Claim(options.Path, log);
        try
        {
            return StartAt(options, path, backingMemory, handler, log);
        }
        catch (PosixException failure)
        {
            path.Dispose();
            throw new StartException(StartFailure.Other, $"{path.Path} cannot be served: {failure.Message}", failure);
        }
        catch
        {
            path.Dispose();
            throw;
        }
    }

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
            _mount.End();
            _deferred.InterruptAll();
            bool joined = _source.Join(s_stopPatience);
            _source.Dispose();
            if (joined)
            {
                _device.Dispose();
            }
            else
            {
                // They know the descriptor by its number, which must not come to mean something else.
                _log.Warning("Some threads of {Path} are still busy and are left behind", _path.Path);
            }

            _path.Dispose();
            _ended.TrySetResult(EndReason.Stopped);
            _log.Information("Stopped serving {Path}", _path.Path);
        }
    }

    /// <inheritdoc cref="Stop"/>
    public void Dispose() => Stop();

    private static DeviceServer StartAt(
        DeviceServerOptions options, DevicePath path, Fd backingMemory, ICallHandler handler, ILogger log)
    {
        if (options.Transport != TransportKind.Fuse)
        {
            string? obstacle = UringSupport.Prepare(log);
            if (obstacle is null)
            {
                try
                {
                    return new DeviceServer(options, path, backingMemory, handler, uring: true, log);
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

        return new DeviceServer(options, path, backingMemory, handler, uring: false, log);
    }

    private static FuseDevice OpenDevice()
    {
        try
        {
            return FuseDevice.Open();
        }
        catch (PosixException failure)
        {
            string remedy = failure.Errno is Errno.Perm or Errno.Acces
                ? "is not accessible: run as root (containers: --device /dev/fuse)"
                : "does not exist: load the fuse module (modprobe fuse; containers: --device /dev/fuse)";
            throw new StartException(StartFailure.NoFuseDevice, $"{FuseDevice.Path} {remedy}", failure);
        }
    }

    private static int RegisterBacking(FuseDevice device, Fd backingMemory)
    {
        try
        {
            return device.RegisterBacking(backingMemory);
        }
        catch (PosixException refusal) when (refusal.Errno == Errno.Perm)
        {
            throw new StartException(
                StartFailure.NoPermission,
                "sharing memory through FUSE needs CAP_SYS_ADMIN in the initial user namespace: run as root of the host, "
                + "not of a user namespace",
                refusal);
        }
    }

    private IRequestSource StartThreads(bool wantUring, bool haveUring, Dispatcher dispatcher)
    {
        if (!wantUring)
        {
            return new FuseReaders(_device, FuseReaders.CountHere, dispatcher, _deferred, OnConnectionEnd, _log);
        }

        if (!haveUring)
        {
            throw new StartException(StartFailure.NoUring, "the kernel does not offer FUSE over io_uring");
        }

        UringQueues queues = new(_device, dispatcher, _deferred, OnConnectionEnd, _log);
        int errno = queues.WaitRegistered();
        if (errno == Errno.Ok)
        {
            return queues;
        }

        // The kernel holds all requests back until every queue is there, so nothing but a new mount helps.
        _stopping = true;
        _mount.End();
        queues.Join(s_stopPatience);
        queues.Dispose();
        throw new StartException(StartFailure.NoUring, $"the kernel refuses a ring queue (errno {errno})");
    }

    /// <summary>One request through everything, which also warms the path up.</summary>
    private static void SelfTest(string path)
    {
        int? answer = FileProbe.Ask(path, s_selfTestPatience);
        if (answer != Errno.Ok)
        {
            throw new StartException(
                StartFailure.Other,
                $"{path} is mounted but does not answer ({(answer is { } errno ? $"errno {errno}" : "timeout")})");
        }
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
            _log.Warning("{Path} was unmounted from outside", _path.Path);
            _deferred.InterruptAll();
        }
    }
}

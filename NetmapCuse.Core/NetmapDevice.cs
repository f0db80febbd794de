using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Naming;
using NetmapCuse.Core.Parameters;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Transport;
using Serilog;

namespace NetmapCuse.Core;

/// <summary>
/// One device file: its arena, its ports, and the open files of its clients. Nothing is shared between two devices.
/// Calls come from the transport's threads.
/// </summary>
public sealed class NetmapDevice : ICallHandler, IPollWaker, IDisposable
{
    /// <summary>Open files at a time; one more gets ENFILE.</summary>
    private const int FilesMax = 16384;

    private readonly Arena _arena;
    private readonly ControlPlane _plane;
    private readonly PendingReleases _releases = new();
    private readonly ControlWorkers _workers = new();
    private readonly IndirectSenders _senders;
    private readonly OpenFile?[] _files = new OpenFile?[FilesMax];
    private readonly ConcurrentStack<int> _freeFiles = new(Enumerable.Range(0, FilesMax).Reverse());
    private readonly int _watchMicroseconds;
    private IPollWaker? _waker;

    /// <summary>A device with memory of its own, without drivers and without persistent interfaces.</summary>
    internal NetmapDevice(DeviceOptions options, IHostInterfaces interfaces, ILogger log)
        : this(options, new HostBackends { Interfaces = interfaces }, log)
    {
    }

    internal NetmapDevice(DeviceOptions options, HostBackends host, ILogger log)
        : this(options, new MemFdMemory(options.ArenaBytes), host, log)
    {
    }

    /// <param name="options">How it is set up.</param>
    /// <param name="memory">The packet memory; disposed of with the device.</param>
    /// <param name="host">What the operating system has.</param>
    /// <param name="log">The log.</param>
    internal NetmapDevice(DeviceOptions options, PacketMemory memory, HostBackends host, ILogger log)
    {
        PacketMemory = memory;
        _senders = new IndirectSenders(_workers);
        _arena = new Arena(memory);
        _watchMicroseconds = Environment.ProcessorCount > 1 ? options.WatchMicroseconds : 0;
        RegionTable regions = new(_arena, RegionSizes.GlobalDefault);
        PortDirectory ports = new(regions, host, new SharedSwitches(options.SharedSwitches), log);
        _plane = new ControlPlane(ports, log) { MayTake = host.MayTake };
        Parameters = new ParameterTable(_plane, ports, host.SetVerbosity);
    }

    /// <summary>What clients map.</summary>
    public PacketMemory PacketMemory { get; }

    /// <summary>The memfd of a device with memory of its own.</summary>
    public Fd Memory => ((MemFdMemory)PacketMemory).File;

    /// <summary>The parameters that the kernel module has under /sys/module/netmap.</summary>
    public ParameterTable Parameters { get; }

    /// <summary>Files that are open now.</summary>
    public int OpenFiles => FilesMax - _freeFiles.Count;

    internal ControlPlane Plane => _plane;

    /// <summary>Says who wakes sleepers. Before the first call comes in.</summary>
    public void Attach(IPollWaker waker) => _waker = waker;

    public int Open(in Caller caller, out ulong handle)
    {
        handle = 0;
        if (!_freeFiles.TryPop(out int place))
        {
            return Errno.NFile;
        }

        Volatile.Write(ref _files[place], new OpenFile(this, caller.UserId));
        handle = (ulong)place;
        return Errno.Ok;
    }

    public void Flush(ulong handle, in Caller caller)
    {
        if (File(handle) is not { Binding: not null } file)
        {
            return;
        }

        _releases.Expect(file);
        if (file.Loop is { } loop && loop.CallerProcess == CallerProcess.Of(caller.ThreadId))
        {
            // The call of the loop would keep the file open for ever.
            loop.RequestStop(Errno.Ok);
        }
    }

    public void Release(ulong handle)
    {
        if (File(handle) is { } file)
        {
            _plane.Release(file);
            _releases.Settle(file);
            Volatile.Write(ref _files[handle], null);
            _freeFiles.Push((int)handle);
        }
    }

    public int Ioctl(ref IoctlCall call)
    {
        if (File(call.Handle) is not { } file)
        {
            return -Errno.BadF;
        }

        return call.Command switch
        {
            NetmapApi.NiocTxSync => Sync(file, RingDirection.Tx, ref call),
            NetmapApi.NiocRxSync => Sync(file, RingDirection.Rx, ref call),
            _ => Control(file, ref call),
        };
    }

    public uint Poll(in PollCall call) => File(call.Handle) is { } file
        ? PollCheck.Run(file, call, _watchMicroseconds, _senders)
        : PollEvents.Error;

    public void WakePollers(ulong kernelHandle) => _waker?.WakePollers(kernelHandle);

    public void Dispose()
    {
        _releases.Dispose();
        _workers.Dispose();
        for (int i = 0; i < FilesMax; i++)
        {
            if (Interlocked.Exchange(ref _files[i], null) is { } file)
            {
                _plane.Release(file);
            }
        }

        // A thread that hangs in a client's memory may still come back to the arena.
        bool haveEnded = _plane.EndLoops() && _workers.AreIdle;
        _plane.End();
        if (haveEnded)
        {
            _arena.Dispose();
        }
    }

    private int Sync(OpenFile file, RingDirection direction, ref IoctlCall call)
    {
        if (file.Binding is not { } binding)
        {
            return -Errno.NxIo;
        }

        if (file.Csb is not null)
        {
            return -Errno.Busy;
        }

        RingSync.Outcome outcome = RingSync.All(binding, direction, file.IndirectThread(call.Caller));
        return (outcome & (RingSync.Outcome.Stopped | RingSync.Outcome.NeedsMemory)) switch
        {
            RingSync.Outcome.None => Errno.Ok,
            RingSync.Outcome.NeedsMemory => _senders.Sync(file, binding, ref call),
            _ => -Errno.Io,
        };
    }

    /// <summary>
    /// A control request. When a file was closed a moment ago whose release has not come yet, the request waits for that
    /// (away from this thread, which may have to receive it), so that close and open in a row never meet each other.
    /// Every request leaves this thread: it may touch the caller's memory (NIOCCTRL), which the caller can make as slow as it
    /// likes, and take the control plane's lock while somebody opens an interface. Requests that have to wait for a sync loop
    /// are answered by that.
    /// </summary>
    private int Control(OpenFile file, ref IoctlCall call)
    {
        if (call.Command is not (NetmapApi.NiocCtrl or NetmapApi.NiocRegIf or NetmapApi.NiocGInfo))
        {
            return call.Command == NetmapApi.NiocConfig ? -Errno.Inval : -Errno.OpNotSupp;
        }

        if (!call.CanDefer)
        {
            return -Control(file, call.Command, call.Data, call.Caller.ThreadId, answer: null);
        }

        if (call.Defer() is { } reply)
        {
            PendingAnswer answer = new(reply);
            uint command = call.Command;
            Caller caller = call.Caller;
            if (_releases.AreDue)
            {
                _releases.WhenSettled(() => Start(file, command, answer, caller));
            }
            else
            {
                Start(file, command, answer, caller);
            }

            return Errno.Ok;
        }

        return -Errno.Again;
    }

    private void Start(OpenFile file, uint command, PendingAnswer answer, Caller caller)
    {
        if (!_workers.TryRun(caller.UserId, () => Answer(file, command, answer, caller.ThreadId)))
        {
            answer.Give(Errno.Again);
        }
    }

    private void Answer(OpenFile file, uint command, PendingAnswer answer, int threadId)
    {
        int error = Control(file, command, answer.Data, threadId, answer);
        if (error != ControlRequest.Pending)
        {
            answer.Give(error);
        }
    }

    private int Control(OpenFile file, uint command, Span<byte> data, int threadId, PendingAnswer? answer) => command switch
    {
        NetmapApi.NiocCtrl => ControlIoctl.Run(_plane, file, data, threadId, answer),
        NetmapApi.NiocRegIf => LegacyIoctl.Register(_plane, file, data, threadId),
        _ => LegacyIoctl.GetInfo(_plane, file, data, threadId),
    };

    private OpenFile? File(ulong handle) => handle < FilesMax ? Volatile.Read(ref _files[handle]) : null;
}

/// <summary>How a device is set up.</summary>
public sealed record DeviceOptions
{
    /// <summary>Size of the arena, a multiple of the page size. Sparse: only what is used takes memory.</summary>
    public ulong ArenaBytes { get; init; } = 16UL << 30;

    /// <summary>How long a poll that finds nothing watches its rings before the caller sleeps, microseconds; 0 for never.</summary>
    public int WatchMicroseconds { get; init; } = 60;

    /// <summary>
    /// Names of switches that the processes of all network namespaces share, a star at the end for all that start so; every other
    /// switch belongs to the namespace whose processes made it.
    /// </summary>
    public IReadOnlyList<string> SharedSwitches { get; init; } = [];
}

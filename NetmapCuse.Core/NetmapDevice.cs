using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Books;
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
    /// <summary>Places for open files (<see cref="QuotaKind.File"/>).</summary>
    private const int FilesMax = 16384;

    /// <summary>Users that are told apart who call with descriptors of others.</summary>
    private const int ForeignMax = 256;

    private readonly Arena _arena;
    private readonly ControlPlane _plane;
    private readonly IHostInterfaces _interfaces;
    private readonly PendingReleases _releases;
    private readonly ControlWorkers _workers = new();
    private readonly Quotas _quotas;
    private readonly IndirectSenders _senders;
    private readonly Openers _openers;
    private readonly ConcurrentDictionary<(uint User, uint Group), bool> _foreign = new();
    private readonly OpenFile?[] _files = new OpenFile?[FilesMax];
    private readonly ConcurrentStack<int> _freeFiles = new(Enumerable.Range(0, FilesMax).Reverse());
    private readonly ArenaSweeper _sweeper;
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
        _openers = new Openers(log);
        _arena = new Arena(memory);
        _watchMicroseconds = Environment.ProcessorCount > 1 ? options.WatchMicroseconds : 0;
        _quotas = new Quotas(options.ArenaBytes, log);
        Books = new Bookkeeper(options.ArenaBytes);
        RegionTable regions = new(_arena, RegionSizes.GlobalDefault, _quotas, Books);
        PortDirectory ports = new(regions, host, new SharedSwitches(options.SharedSwitches), log);
        _interfaces = host.Interfaces;
        _plane = new ControlPlane(ports, log) { MayTake = host.MayTake };
        _releases = new PendingReleases(Settle);
        _sweeper = new ArenaSweeper(
            () =>
            {
                _plane.Sweep();
                return OpenFiles != 0;
            },
            log);
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

    /// <summary>What other processes may read.</summary>
    internal Bookkeeper Books { get; }

    /// <summary>Says in the books where and how the device is served.</summary>
    public void Describe(string path, Door door, string transport) => Books.Describe(path, door.ToString().ToLowerInvariant(), transport);

    /// <summary>Says who wakes sleepers. Before the first call comes in.</summary>
    public void Attach(IPollWaker waker) => _waker = waker;

    public int Open(in Caller caller, out ulong handle)
    {
        handle = 0;
        if (_quotas.TryTake(caller.UserId, QuotaKind.File) is not { } claim)
        {
            return Errno.NoMem;
        }

        Check.That(_freeFiles.TryPop(out int place), "there are fewer places for open files than open files may be");

        // Before it can map the memory, what may lie there counts as its work.
        (ClientRights? rights, ClientImage? image) = ClientProcess.RightsOf(caller.ThreadId);
        _openers.Add(rights, image);
        Volatile.Write(ref _files[place], new OpenFile(_waker ?? this, _openers, caller, place) { Claim = claim });
        Interlocked.Increment(ref Books.Header.OpenFiles);
        handle = (ulong)place;
        if (OpenFiles == 1)
        {
            _sweeper.OnOpened();
        }

        return Errno.Ok;
    }

    public void Flush(ulong handle, in Caller caller)
    {
        if (File(handle) is not { } file || (file.Binding ?? file.Reserved) is null)
        {
            return;
        }

        _releases.Expect(file);
        if (file.Loop is { } loop && loop.Caller.ProcessId != 0 && loop.Caller.ProcessId == ClientProcess.ProcessIdOf(caller.ThreadId))
        {
            // The call of the loop would keep the file open for ever.
            loop.RequestStop(Errno.Ok);
        }
    }

    public void Release(ulong handle)
    {
        if (File(handle) is { } file)
        {
            _releases.Release(file);
        }
    }

    /// <summary>Waits until files are unbound whose release has come. Never called by a thread that serves clients.</summary>
    internal void AwaitReleases() => _releases.AwaitSettled();

    public int Ioctl(ref IoctlCall call)
    {
        if (File(call.Handle) is not { } file)
        {
            return -Errno.BadF;
        }

        NoticeForeign(file, call.Caller);
        return call.Command switch
        {
            NetmapApi.NiocTxSync => Sync(file, RingDirection.Tx, ref call),
            NetmapApi.NiocRxSync => Sync(file, RingDirection.Rx, ref call),
            _ => Control(file, ref call),
        };
    }

    public uint Poll(in PollCall call)
    {
        if (File(call.Handle) is not { } file || !file.Calls.TryEnter())
        {
            return PollEvents.Error;
        }

        NoticeForeign(file, call.Caller);
        uint ready = PollCheck.Run(file, call, _watchMicroseconds, _senders);
        file.Calls.Exit();
        return ready;
    }

    public void WakePollers(ulong kernelHandle) => _waker?.WakePollers(kernelHandle);

    public void Dispose()
    {
        _releases.Dispose();
        _workers.Dispose();
        _sweeper.Dispose();
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
        Books.Dispose();
        if (haveEnded)
        {
            _arena.Dispose();
        }
    }

    /// <summary>Unbinds a file. Its place is somebody else's only afterwards.</summary>
    private void Settle(OpenFile file)
    {
        _plane.Release(file);
        Volatile.Write(ref _files[file.Place], null);
        Interlocked.Decrement(ref Books.Header.OpenFiles);
        _freeFiles.Push(file.Place);
        file.Claim?.Dispose();
        _sweeper.OnReleased();
    }

    private int Sync(OpenFile file, RingDirection direction, ref IoctlCall call)
    {
        if (!file.Calls.TryEnter())
        {
            return -Errno.BadF;
        }

        int result = SyncInside(file, direction, ref call);
        file.Calls.Exit();
        return result;
    }

    private int SyncInside(OpenFile file, RingDirection direction, ref IoctlCall call)
    {
        if (file.Binding is not { } binding)
        {
            return -Errno.NxIo;
        }

        if (file.Csb is not null)
        {
            return -Errno.Busy;
        }

        RingSync.Outcome outcome = RingSync.All(binding, direction, readsIndirect: !file.RefusesIndirect);
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
        if (call.Command is not (NetmapApi.NiocCtrl or NetmapApi.NiocRegIf or NetmapApi.NiocGInfo)
            && !InterfaceIoctl.IsKnown(call.Command))
        {
            return call.Command == NetmapApi.NiocConfig ? -Errno.Inval : -Errno.OpNotSupp;
        }

        using ClientProcess client = ClientProcess.Of(call.Caller.ThreadId);
        if (!call.CanDefer)
        {
            return -Control(file, (call.Command, call.Argument), call.Data, client, answer: null);
        }

        if (call.Defer() is { } reply)
        {
            PendingAnswer answer = new(reply, client.Keep());
            (uint, ulong) command = (call.Command, call.Argument);
            uint user = call.Caller.UserId;
            if (_releases.AreDue)
            {
                _releases.WhenSettled(() => Start(file, command, answer, user));
            }
            else
            {
                Start(file, command, answer, user);
            }

            return Errno.Ok;
        }

        return -Errno.NoMem;
    }

    private void Start(OpenFile file, (uint, ulong) command, PendingAnswer answer, uint user)
    {
        if (!_workers.TryRun(user, () => Answer(file, command, answer)))
        {
            answer.Give(Errno.NoMem);
            answer.Client.Dispose();
        }
    }

    private void Answer(OpenFile file, (uint, ulong) command, PendingAnswer answer)
    {
        using ClientProcess client = answer.Client;
        int error = Control(file, command, answer.Data, client, answer);
        if (error != ControlRequest.Pending)
        {
            answer.Give(error);
        }
    }

    /// <param name="file">The open file.</param>
    /// <param name="command">The number of the ioctl, and its argument as the caller gave it.</param>
    /// <param name="data">The argument structure, where the number says how long it is.</param>
    /// <param name="client">The caller.</param>
    /// <param name="answer">The way to answer later.</param>
    private int Control(
        OpenFile file, (uint Number, ulong Argument) command, Span<byte> data, ClientProcess client, PendingAnswer? answer) =>
        command.Number switch
        {
            NetmapApi.NiocCtrl => ControlIoctl.Run(_plane, file, data, client, answer),
            NetmapApi.NiocRegIf => LegacyIoctl.Register(_plane, file, data, client),
            NetmapApi.NiocGInfo => LegacyIoctl.GetInfo(_plane, file, data, client),
            _ => InterfaceIoctl.Run(_plane, _interfaces, file, command.Number, command.Argument, client),
        };

    /// <summary>
    /// Who opened a file with other rights than it calls with now (it has dropped some, or passed the descriptor on) shows it
    /// here, once for each user of the device.
    /// </summary>
    private void NoticeForeign(OpenFile file, in Caller caller)
    {
        if (file.IsForeign(caller))
        {
            (uint, uint) who = (caller.UserId, caller.ThreadId == 0 ? uint.MaxValue : caller.GroupId);
            if (!_foreign.ContainsKey(who) && _foreign.Count < ForeignMax && _foreign.TryAdd(who, true))
            {
                AddForeign(caller);
            }
        }
    }

    /// <summary>The last one that there is a place for stands for all that come after it.</summary>
    private void AddForeign(in Caller caller)
    {
        (ClientRights? rights, ClientImage? image) = _foreign.Count < ForeignMax
            ? ClientProcess.RightsOf(caller.ThreadId)
            : default;
        _openers.Add(rights, image);
    }

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

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Monitors;
using NetmapCuse.Core.Pipes;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale;
using Serilog;
using Serilog.Events;

namespace NetmapCuse.Core.Naming;

/// <summary>
/// All ports of one device file, by name, and the rules by which a name finds or makes one (reference/netmap-abi.md
/// section 8.1, netmap-behaviour.md sections 2.1, 10.1 and 12.1). Control plane: the caller holds its lock.
/// </summary>
internal sealed partial class PortDirectory(
    RegionTable regions, HostBackends host, SharedSwitches shared, ILogger log)
{
    /// <summary>Characters of an OS interface's name (IFNAMSIZ - 1).</summary>
    private const int InterfaceNameMax = 15;

    /// <summary>Switches that max_bridges can ask for: their indexes have to fit in lists of the legacy API.</summary>
    internal const int SwitchesLimit = 1024;

    private readonly PortScopes _scopes = new(shared);

    internal ValeParameters ValeParameters { get; } = new();

    internal Tunables Tunables { get; } = new();

    internal RegionTable Regions { get; } = regions;

    /// <summary>Who sees what.</summary>
    internal PortScopes Scopes => _scopes;

    /// <summary>Each port once.</summary>
    internal IEnumerable<Port> Ports => _scopes.All.SelectMany(static scope => scope.All).Distinct();

    /// <summary>Finds or makes the port that a request names and takes a reference to it.</summary>
    /// <returns>0 or the errno of step 5 of REGISTER.</returns>
    internal int Find(PortRequest request, out Port port)
    {
        port = null!;
        if (request.MemoryId != 0 && Regions.Find(request.MemoryId) is null)
        {
            return Errno.Inval;
        }

        if (request.Mode == RegisterMode.Null)
        {
            return MakeNull(request, out port);
        }

        return (request.Flags & MonitorPort.AnyFlag) != 0
            ? MakeMonitor(request, out port)
            : FindByName(request, out port);
    }

    /// <summary>A monitor of the port that the rest of the request names.</summary>
    private int MakeMonitor(PortRequest request, out Port port)
    {
        int error = FindByName(request with { Flags = request.Flags & ~MonitorPort.AnyFlag }, out port);
        if (error != Errno.Ok)
        {
            return error;
        }

        // The station of an interface has the interface's own rings, the other way round: what is watched is the interface.
        Port parent = port is AttachedPort station ? station.Inner : port;
        if (parent != port)
        {
            parent.AddReference();
            port.DropReference();
        }

        error = MonitorPort.TryCreate(parent, request, Regions, out MonitorPort? monitor);
        if (error == Errno.Ok)
        {
            port = monitor!;
            port.AddReference();
        }

        parent.DropReference();
        return error;
    }

    private int FindByName(PortRequest request, out Port port)
    {
        if (PortName.IsPipe(request.Name, out string parent, out string id, out bool isMaster))
        {
            return FindPipe(request, parent, id, isMaster, out port);
        }

        PortScope scope = _scopes.Of(request.Name, request.Place);
        if (FindNamed(scope, request.Name) is { } known)
        {
            port = known;
            port.AddReference();
            return Errno.Ok;
        }

        if (PortName.IsVale(request.Name))
        {
            return MakeVale(request, scope, out port);
        }

        return FindNic(request, scope, out port);
    }

    /// <summary>
    /// A port that is not an interface's, by its name; a persistent port by the name that its own interface has now, if it has
    /// one: udev and people rename those, too.
    /// </summary>
    private static Port? FindNamed(PortScope scope, string name)
    {
        if (scope.Ports.TryGetValue(name, out Port? port) && !(IsPersistent(port, out string now) && port.Name == name && now != name))
        {
            return port;
        }

        return scope.Ports.Values.FirstOrDefault(other => IsPersistent(other, out string now) && now == name);

        static bool IsPersistent(Port port, out string now)
        {
            now = (port as ValePort)?.Interface?.NameNow ?? string.Empty;
            return now.Length != 0;
        }
    }

    /// <summary>
    /// The port of the interface that has the name now: its index says which, whatever it was called before. Who has the port of
    /// one that is gone keeps it, with its rings stopped; another interface may get the index.
    /// </summary>
    private int FindNic(PortRequest request, PortScope scope, out Port port)
    {
        port = null!;
        int index = host.Interfaces.IndexOf(request.Name, request.Place);
        if (index == 0 || host.PersistentInterfaces.IsEnding(request.Name, request.Place))
        {
            return Errno.NxIo;
        }

        if (!scope.Interfaces.TryGetValue(index, out NicPort? known) || known.IsGone)
        {
            scope.Remove(index);
            return MakeNic(request, scope, index, out port);
        }

        known.Renamed(request.Name);
        port = known;
        port.AddReference();
        return Errno.Ok;
    }

    /// <summary>The port of an interface, by the driver that takes it over.</summary>
    private int MakeNic(PortRequest request, PortScope scope, int index, out Port port)
    {
        string name = request.Name;
        port = null!;
        if (Tunables.Adapters.Choice is < AdapterChoice.Best or > AdapterChoice.Generic)
        {
            Tunables.Adapters = Tunables.Adapters with { Choice = AdapterChoice.Best };
        }

        int error = host.Adapters.TryCreate(name, Tunables.Adapters with { Place = request.Place }, out IAdapter? adapter);
        if (adapter is null)
        {
            if (error == Errno.NxIo)
            {
                return error;
            }

            log.Warning("No driver takes the network interface {Name} (errno {Errno})", name, error);
            return error != Errno.Ok ? error : Errno.OpNotSupp;
        }

        if (adapter.Device is not 0 and int device && device != index)
        {
            // The name has gone to another interface just now.
            adapter.Dispose();
            return FindNic(request, scope, out port);
        }

        NicPort made = new(name, adapter, Regions.Global, Tunables, log, ended => OnNicEnded(scope, index, ended));
        scope.Add(index, made);
        port = made;
        port.AddReference();
        return Errno.Ok;
    }

    private int MakeNull(PortRequest request, out Port port)
    {
        port = null!;
        if (request.MemoryId == 0)
        {
            return Errno.Inval;
        }

        // Before so many krings are made: the numbers are the client's.
        Region region = Regions.Find(request.MemoryId)!;
        if (!SharedInterface.Fits(region, request.Rings))
        {
            return Errno.NoMem;
        }

        port = new NullPort(request.Name, request.Rings, region);
        port.AddReference();
        return Errno.Ok;
    }

    private int MakeVale(PortRequest request, PortScope scope, out Port port)
    {
        port = null!;
        int lookupError = request.MayCreate ? Errno.NoMem : Errno.NxIo;
        if (!PortName.TrySplitVale(request.Name, out string switchName, out string portName) || !request.MayCreate)
        {
            return lookupError;
        }

        if (HostHas(portName, request.Place))
        {
            return Errno.Inval;
        }

        ValeSwitch? valeSwitch = scope.SwitchWithRoom(switchName, ports: 1);
        if (valeSwitch is null)
        {
            return Errno.NoMem;
        }

        int error = MakePort(request, scope, null, out ValePort? made);
        if (error == Errno.Ok)
        {
            scope.Join(made!, valeSwitch, request.Name);
            made!.AddReference();
            port = made;
        }

        return error;
    }

    /// <summary>
    /// A VALE port on no switch yet, in a region of its own or in the one that the request names; with an interface when it is
    /// a persistent one. The interface stays the caller's when this fails.
    /// </summary>
    private int MakePort(PortRequest request, PortScope scope, IPersistentInterface? shown, out ValePort? port)
    {
        string name = request.Name;
        port = null;
        PortRings rings = new(
            Math.Clamp(request.Rings.Tx, 1, Limits.ValeRingsMax),
            Math.Clamp(request.Rings.Rx, 1, Limits.ValeRingsMax),
            ValeSlots(request.Rings.TxSlots),
            ValeSlots(request.Rings.RxSlots));
        Region? region = request.MemoryId != 0 ? Regions.Find(request.MemoryId) : null;
        if (region is null)
        {
            uint extra = Math.Min(request.ExtraBuffers, Limits.ExtraBuffersMax);
            RegionSizes sizes = RegionSizes.ForPort(Regions.PrivateMinimum, rings, extra, pipes: 2);
            int error = Regions.TryCreatePrivate(sizes, request.RegionLimit, request.User, out region);
            if (error != Errno.Ok)
            {
                LogNoRegion(name, error);
                return error;
            }
        }

        port = new ValePort(name, rings, region, ValeParameters, ended => OnPortEnded(scope, ended))
        {
            Interface = shown,
            IsImplicit = request.IsImplicit,
        };
        scope.Add(name, port);
        return Errno.Ok;
    }

    private void LogNoRegion(string name, int error)
    {
        if (error == Errno.NoMem)
        {
            log.Warning(
                "No room in the packet memory for port {Name}: close ports, ask for fewer slots, or raise --arena-size", name);
        }
    }

    private static uint ValeSlots(uint requested) =>
        requested == 0 ? Limits.ValeSlotsDefault : Math.Min(requested, Limits.ValeSlotsMax);

    private int FindPipe(PortRequest request, string parentName, string id, bool isMaster, out Port port)
    {
        port = null!;
        if (parentName.Length == 0 || id.Length == 0
            || (request.MayCreate && request.Mode is not (RegisterMode.AllNic or RegisterMode.OneNic)))
        {
            return Errno.Inval;
        }

        int error = FindParent(request with { Name = parentName }, out Port parent);
        if (error != Errno.Ok)
        {
            return error;
        }

        error = FindOrMakePipe(request, parent, id, out IPipe? pipe);
        if (error == Errno.Ok)
        {
            port = pipe!.End(isMaster);
            port.AddReference();
        }

        // From here on the caller's reference keeps the end, the end its pipe, and the pipe its parent.
        parent.DropReference();
        return error;
    }

    /// <summary>
    /// The parent of a pipe; where there is neither port nor interface of the name, a persistent port is made that goes with the
    /// last pipe on it. Where the host cannot be shown an interface it works all the same, unseen.
    /// </summary>
    private int FindParent(PortRequest request, out Port parent)
    {
        int error = FindByName(request, out parent);
        if (error != Errno.NxIo || !request.MayCreate || request.Name.Length > InterfaceNameMax
            || _scopes.Of(request.Name, request.Place) is not { } scope || scope.Ports.ContainsKey(request.Name))
        {
            return error;
        }

        parent = null!;
        request = request with { IsImplicit = true };
        IPersistentInterface? shown = null;
        QuotaClaim? claim = null;
        if (IsInterfaceName(request.Name))
        {
            claim = Regions.Quotas.TryTake(request.User, QuotaKind.PersistentPort);
            if (claim is null)
            {
                return Errno.NoMem;
            }

            _ = host.PersistentInterfaces.TryCreate(request.Name, request.Place, out shown);
        }

        error = MakePort(request, scope, shown, out ValePort? made);
        if (error != Errno.Ok)
        {
            shown?.Dispose();
            claim?.Dispose();
            return error;
        }

        made!.Claim = claim;
        parent = made;
        parent.AddReference();
        return Errno.Ok;
    }

    private static int FindOrMakePipe(PortRequest request, Port parent, string id, out IPipe? pipe)
    {
        pipe = parent.Pipes.Find(id);
        if (pipe is not null)
        {
            return Errno.Ok;
        }

        if (!request.MayCreate)
        {
            return Errno.NoDev;
        }

        if (parent.IsOwnedBySwitch)
        {
            return Errno.Busy;
        }

        if (parent.Pipes.IsFull)
        {
            return Errno.Inval;
        }

        pipe = new Pipe(parent, id, Pipe.MasterRings(request.Rings, parent.Rings));
        return Errno.Ok;
    }

    private void OnPortEnded(PortScope scope, ValePort port)
    {
        scope.Leave(port);
        scope.Remove(port.Name);
        if (port.IsImplicit)
        {
            port.Interface?.EndLater();
        }
        else
        {
            port.Interface?.Dispose();
        }

        port.Claim?.Dispose();
        LogTotals(port);
    }

    /// <summary>The namespace has an interface of this name, and keeps it.</summary>
    private bool HostHas(string name, CallerPlace place) =>
        host.Interfaces.Exists(name, place) && !host.PersistentInterfaces.IsEnding(name, place);

    private void OnNicEnded(PortScope scope, int index, NicPort port)
    {
        if (scope.Interfaces.GetValueOrDefault(index) == port)
        {
            scope.Remove(index);
        }

        LogTotals(port);
    }

    private void LogTotals(Port port)
    {
        (Rings.RingCounters tx, Rings.RingCounters rx) = port.Totals();
        bool hadTraffic = (tx.Frames | rx.Frames | tx.Dropped | rx.Dropped) != 0;
        log.Write(
            hadTraffic ? LogEventLevel.Information : LogEventLevel.Debug,
            "Port {Name} closed: sent {TxFrames} frames, {TxBytes} bytes; received {RxFrames} frames, {RxBytes} bytes; "
            + "dropped {NoRoom} for lack of room, {BadSlot} for bad slots, {NoDestination} without destination, "
            + "{NoCarrier} without link, {TooLong} too long",
            port.Name, tx.Frames, tx.Bytes, rx.Frames, rx.Bytes, rx.NoRoom + tx.NoRoom, tx.BadSlot + rx.BadSlot,
            tx.NoDestination + rx.NoDestination, tx.NoCarrier, tx.TooLong + rx.TooLong);
    }
}

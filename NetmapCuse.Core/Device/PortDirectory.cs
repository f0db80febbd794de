using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Monitors;
using NetmapCuse.Core.Pipes;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale;
using Serilog;

namespace NetmapCuse.Core.Device;

/// <summary>
/// All ports of one device file, by name, and the rules by which a name finds or makes one (reference/netmap-abi.md
/// section 8.1, netmap-behaviour.md sections 2.1, 10.1 and 12.1). Control plane: the caller holds its lock.
/// </summary>
internal sealed class PortDirectory(RegionTable regions, IHostInterfaces interfaces, ILogger log)
{
    /// <summary>Characters of an OS interface's name (IFNAMSIZ - 1).</summary>
    private const int InterfaceNameMax = 15;

    private readonly ValeSwitch?[] _switches = new ValeSwitch?[Limits.SwitchesMax];

    /// <summary>Ports by full name, pipe ends and null ports apart.</summary>
    private readonly Dictionary<string, ValePort> _ports = new(StringComparer.Ordinal);

    internal ValeParameters ValeParameters { get; } = new();

    internal RegionTable Regions { get; } = regions;

    /// <summary>Switches by index, null where there is none.</summary>
    internal IReadOnlyList<ValeSwitch?> Switches => _switches;

    internal IEnumerable<ValePort> Ports => _ports.Values;

    internal ValeSwitch? FindSwitch(string name) => _switches.FirstOrDefault(s => s?.Name == name);

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

        Port parent = port;
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

        if (_ports.TryGetValue(request.Name, out ValePort? known))
        {
            port = known;
            port.AddReference();
            return Errno.Ok;
        }

        if (PortName.IsVale(request.Name))
        {
            return MakeVale(request, out port);
        }

        port = null!;
        if (!interfaces.Exists(request.Name))
        {
            return Errno.NxIo;
        }

        log.Warning(
            "{Name} is a network interface, and this version of netmapcuse serves VALE switches and pipes only", request.Name);
        return Errno.OpNotSupp;
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

    private int MakeVale(PortRequest request, out Port port)
    {
        port = null!;
        int lookupError = request.MayCreate ? Errno.NoMem : Errno.NxIo;
        if (!PortName.TrySplitVale(request.Name, out string switchName, out string portName) || !request.MayCreate)
        {
            return lookupError;
        }

        if (interfaces.Exists(portName))
        {
            return Errno.Inval;
        }

        ValeSwitch? valeSwitch = FindSwitch(switchName);
        int place = valeSwitch?.Index ?? Array.IndexOf(_switches, null);
        if (place < 0 || valeSwitch?.IsFull == true)
        {
            return Errno.NoMem;
        }

        int error = MakePort(request, request.Name, out ValePort? made);
        if (error == Errno.Ok)
        {
            _switches[place] = valeSwitch ??= new ValeSwitch(switchName, place);
            made!.JoinSwitch(valeSwitch);
            made.AddReference();
            port = made;
        }

        return error;
    }

    /// <summary>A VALE port on no switch yet, in a region of its own or in the one that the request names.</summary>
    private int MakePort(PortRequest request, string name, out ValePort? port)
    {
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
            RegionSizes sizes = RegionSizes.ForPort(RegionSizes.PrivateMinimum, rings, extra, pipes: 2);
            int error = Regions.TryCreatePrivate(sizes, request.RegionLimit, out region);
            if (error != Errno.Ok)
            {
                LogNoRegion(name, error);
                return error;
            }
        }

        port = new ValePort(name, rings, region, ValeParameters, OnPortEnded);
        _ports.Add(name, port);
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

    /// <summary>The parent of a pipe; where there is neither port nor interface of the name, a port on no switch is made.</summary>
    private int FindParent(PortRequest request, out Port parent)
    {
        int error = FindByName(request, out parent);
        if (error != Errno.NxIo || !request.MayCreate || request.Name.Length > InterfaceNameMax)
        {
            return error;
        }

        error = MakePort(request, request.Name, out ValePort? made);
        parent = made!;
        made?.AddReference();
        return error;
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

    private void OnPortEnded(ValePort port)
    {
        ValeSwitch? left = port.LeaveSwitch();
        _ports.Remove(port.Name);
        if (left is { Active.Length: 0 })
        {
            _switches[left.Index] = null;
        }

        LogTotals(port);
    }

    private void LogTotals(Port port)
    {
        (Rings.RingCounters tx, Rings.RingCounters rx) = port.Totals();
        log.Information(
            "Port {Name} closed: sent {TxFrames} frames, {TxBytes} bytes; received {RxFrames} frames, {RxBytes} bytes; "
            + "dropped {NoRoom} for lack of room, {BadSlot} for bad slots, {NoDestination} without destination",
            port.Name, tx.Frames, tx.Bytes, rx.Frames, rx.Bytes, rx.NoRoom, tx.BadSlot, tx.NoDestination);
    }
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Naming;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Core.Control;

/// <summary>
/// Requests that tell and change nothing (netmap-behaviour.md sections 10.5, 11 and 18). A port that does not exist is
/// made for the moment of the question, as REGISTER would make it.
/// </summary>
internal static class InfoRequests
{
    internal static int PortInfo(PortDirectory ports, ControlRequest request)
    {
        ref NmreqPortInfoGet body = ref request.BodyAs<NmreqPortInfoGet>();
        if (request.Name.Length == 0)
        {
            int unsettled = ports.Regions.Settle(ports.Regions.Global);
            if (unsettled != Errno.Ok && body.MemoryId <= RegionTable.GlobalId)
            {
                return unsettled;
            }

            Region? named = ports.Regions.Find(body.MemoryId != 0 ? body.MemoryId : RegionTable.GlobalId);
            body.MemorySize = named?.MappedSize ?? body.MemorySize;
            body.MemoryId = named?.Id ?? body.MemoryId;
            return named is null ? Errno.Inval : Errno.Ok;
        }

        PortRequest wanted = ToPortRequest(request, new NmreqRegister
        {
            TxSlots = body.TxSlots,
            RxSlots = body.RxSlots,
            TxRings = body.TxRings,
            RxRings = body.RxRings,
            MemoryId = body.MemoryId,
            Mode = RegisterMode.AllNic,
        });
        int error = FindSettled(ports, wanted, out Port port);
        if (error == Errno.Ok)
        {
            body.MemorySize = port.Region.MappedSize;
            body.TxSlots = port.Rings.TxSlots;
            body.RxSlots = port.Rings.RxSlots;
            body.TxRings = (ushort)port.Rings.Tx;
            body.RxRings = (ushort)port.Rings.Rx;
            body.HostTxRings = (ushort)port.HostTxRings;
            body.HostRxRings = (ushort)port.HostRxRings;
            body.MemoryId = port.Region.Id;
            port.DropReference();
        }

        return error;
    }

    internal static int PoolsInfo(PortDirectory ports, ControlRequest request)
    {
        ref NmreqPoolsInfo body = ref request.BodyAs<NmreqPoolsInfo>();
        if (request.Name.Length == 0)
        {
            return Errno.NxIo;
        }

        PortRequest wanted = ToPortRequest(
            request, new NmreqRegister { MemoryId = body.MemoryId, Mode = RegisterMode.AllNic });
        int error = FindSettled(ports, wanted, out Port port);
        if (error == Errno.Ok)
        {
            Describe(ref body, port.Region);
            port.DropReference();
        }

        return error;
    }

    /// <summary>A name asks for its indexes; no name asks for the first port at or after the given place.</summary>
    internal static int ValeList(PortDirectory ports, ControlRequest request)
    {
        ref NmreqValeList body = ref request.BodyAs<NmreqValeList>();
        return request.Name.Length != 0
            ? FindListed(ports.Scopes, request, ref body)
            : NextListed(ports.Scopes, request, ref body);
    }

    internal static int PortHeader(PortDirectory ports, ControlRequest request)
    {
        ref NmreqPortHeader body = ref request.BodyAs<NmreqPortHeader>();
        int error = ports.Find(
            new PortRequest { Name = request.Name, Place = request.Place, MayCreate = false }, out Port port);
        if (error == Errno.Ok)
        {
            body.HeaderLength = port.VnetHeaderLength;
            port.DropReference();
        }

        return error;
    }

    internal static PortRequest ToPortRequest(ControlRequest request, in NmreqRegister body) => new()
    {
        Name = request.Name,
        Mode = body.Mode,
        Flags = body.Flags,
        Rings = new PortRings(body.TxRings, body.RxRings, body.TxSlots, body.RxSlots),
        ExtraBuffers = body.ExtraBuffers,
        MemoryId = body.MemoryId,
        Place = request.Place,
        Undo = request.Undo,
        User = request.User,
        RegionLimit = request.IsLegacy ? RegionTable.LegacyLimit : ulong.MaxValue,
    };

    /// <summary>The port, its region as large as the parameters want it.</summary>
    private static int FindSettled(PortDirectory ports, PortRequest wanted, out Port port)
    {
        int error = ports.Find(wanted, out port);
        if (error == Errno.Ok)
        {
            error = ports.Regions.Settle(port.Region);
            if (error != Errno.Ok)
            {
                port.DropReference();
            }
        }

        return error;
    }

    private static void Describe(ref NmreqPoolsInfo body, Region region)
    {
        RegionLayout layout = region.Layout;
        body.MemorySize = region.MappedSize;
        body.MemoryId = region.Id;
        body.IfPoolOffset = region.ArenaOffset;
        body.IfPoolObjects = layout.If.Count;
        body.IfPoolObjectSize = layout.If.ObjectSize;
        body.RingPoolOffset = region.ArenaOffset + layout.RingPoolOffset;
        body.RingPoolObjects = layout.Ring.Count;
        body.RingPoolObjectSize = layout.Ring.ObjectSize;
        body.BufferPoolOffset = region.ArenaOffset + layout.BufferPoolOffset;
        body.BufferPoolObjects = layout.Buffer.Count;
        body.BufferPoolObjectSize = layout.Buffer.ObjectSize;
    }

    private static int FindListed(PortScopes scopes, ControlRequest request, ref NmreqValeList body)
    {
        string name = request.Name;
        if (!name.StartsWith(PortName.StrictValePrefix, StringComparison.Ordinal))
        {
            return Errno.Inval;
        }

        if (!PortName.TrySplitVale(name, out string switchName, out _)
            || scopes.Of(name, request.Place).FindSwitch(switchName) is not { } valeSwitch)
        {
            return Errno.NoEnt;
        }

        ValePort? port = Array.Find(valeSwitch.Active, port => port.SwitchName == name);
        body.BridgeIndex = (ushort)scopes.SwitchesSeenFrom(request.Place).IndexOf(valeSwitch);
        body.PortIndex = (uint)(port?.Index ?? ValeSwitch.NoPort);
        return Errno.Ok;
    }

    private static int NextListed(PortScopes scopes, ControlRequest request, ref NmreqValeList body)
    {
        List<ValeSwitch?> switches = scopes.SwitchesSeenFrom(request.Place);
        uint first = body.PortIndex;
        for (int i = body.BridgeIndex; i < switches.Count; i++, first = 0)
        {
            for (uint j = first; switches[i] is { } valeSwitch && j < Limits.SwitchPortsMax; j++)
            {
                if (valeSwitch[(int)j] is { } port)
                {
                    request.Name = port.SwitchName;
                    body.BridgeIndex = (ushort)i;
                    body.PortIndex = j;
                    return Errno.Ok;
                }
            }
        }

        return Errno.NoEnt;
    }
}

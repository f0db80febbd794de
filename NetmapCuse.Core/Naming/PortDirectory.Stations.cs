using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Core.Naming;

/// <summary>How interfaces and persistent ports become stations of a switch, and cease to be (section 10.2).</summary>
internal sealed partial class PortDirectory
{
    private int Attach(Port port, PortScope scope, ValeSwitch valeSwitch, PortRequest request, in NmreqRegister body)
    {
        if (port.Bindings > 0 || port.IsOwnedBySwitch)
        {
            return Errno.Busy;
        }

        if (port is ValePort { Switch: { } first } && AreJoined(first, valeSwitch))
        {
            log.Warning(
                "{Name} is not attached: switches {First} and {Second} are joined already, frames would go round for ever",
                request.Name, first.Name, valeSwitch.Name);
            return Errno.Busy;
        }

        if (port is NicPort or ValePort { Switch: not null })
        {
            return AttachStation(port, scope, valeSwitch, request, body);
        }

        port.AddReference();
        scope.Join((ValePort)port, valeSwitch, request.Name);
        scope.Add(request.Name, port);
        log.Information("Attached {Name}", request.Name);
        return Errno.Ok;
    }

    private int AttachStation(
        Port inner, PortScope scope, ValeSwitch valeSwitch, PortRequest request, in NmreqRegister body)
    {
        if (body.RingId != 0 || request.Mode is not (RegisterMode.AllNic or RegisterMode.NicAndHost))
        {
            return Errno.Inval;
        }

        int error = Prepare(inner, request.MemoryId, body);
        if (error != Errno.Ok)
        {
            inner.ReturnToOwnRegion();
            return error;
        }

        bool withHost = request.Mode == RegisterMode.NicAndHost && inner.HostRxRings > 0;
        if (withHost && scope.Ports.ContainsKey(HostSideOf(request.Name)))
        {
            inner.ReturnToOwnRegion();
            return Errno.Busy;
        }

        error = TakeRings(inner, withHost);
        if (error != Errno.Ok)
        {
            return error;
        }

        request.Undo.Add(() => GiveRingsBack(inner));
        inner.IsOwnedBySwitch = true;
        request.Undo.Add(() => inner.IsOwnedBySwitch = false);
        AttachedPort? host = withHost
            ? new AttachedPort(HostSideOf(request.Name), inner, isHost: true, ValeParameters, Tunables)
            : null;
        AttachedPort station = new(request.Name, inner, isHost: false, ValeParameters, Tunables) { HostSide = host };
        if (inner is ValePort persistent)
        {
            persistent.SecondStation = station;
            request.Undo.Add(() => persistent.SecondStation = null);
            station.SetVnetHeader(persistent.HeaderBytes);
        }

        foreach (AttachedPort? port in (AttachedPort?[])[station, host])
        {
            if (port is not null)
            {
                port.AddReference();
                request.Undo.Add(port.DropReference);
                scope.Add(port.Name, port);
                request.Undo.Add(() => scope.Remove(port.Name));
                scope.Join(port, valeSwitch, port.Name);
                request.Undo.Add(() => scope.Leave(port));
                port.OpenRings();
                request.Undo.Add(port.CloseRings);
            }
        }

        log.Information("Attached {Name}{WithHost}", request.Name, withHost ? " with its host rings" : "");
        return Errno.Ok;
    }

    /// <summary>The station that an interface's host rings have on a switch.</summary>
    private static string HostSideOf(string name) => name + "^";

    /// <summary>The region and the host rings that a request wants for an interface that is not in use.</summary>
    internal int Prepare(Port port, ushort memoryId, in NmreqRegister body)
    {
        if (memoryId != 0 && port.MayChangeRegion)
        {
            port.UseRegion(Regions.Find(memoryId)!);
        }

        port.SetHostRings(body.HostTxRings, body.HostRxRings);
        return Regions.Settle(port.Region);
    }

    /// <summary>Binds all rings of a port for the switch, as a REGISTER would for a program.</summary>
    private static int TakeRings(Port inner, bool withHost)
    {
        inner.AddBinding();
        inner.Region.AddUser();
        Kring[] rx = [.. inner.Rx.Where(ring => withHost || !ring.IsHost)];
        Kring[] tx = [.. inner.Tx.Where(ring => withHost || !ring.IsHost)];
        int error = Errno.Io;
        try
        {
            error = inner.CreateRings(rx, tx);
        }
        finally
        {
            if (error != Errno.Ok)
            {
                GiveRingsBack(inner);
            }
        }

        if (error == Errno.Ok)
        {
            inner.StartRings(rx, tx);
        }

        return error;
    }

    private static void GiveRingsBack(Port inner)
    {
        inner.DeleteUnusedRings(inner.Rx, inner.Tx);
        inner.Region.DropUser();
        inner.DropBinding();
    }

    private void EndAttached(AttachedPort attached, PortScope scope)
    {
        attached.CloseRings();
        if (attached.HostSide is { } host)
        {
            scope.Remove(host.Name);
            scope.Leave(host);
            host.CloseRings();
            LogTotals(host);
            host.DropReference();
        }

        LogTotals(attached);
        Port inner = attached.Inner;
        attached.DropReference();
        inner.IsOwnedBySwitch = false;
        if (inner is ValePort persistent)
        {
            persistent.SecondStation = null;
        }

        GiveRingsBack(inner);
    }

    /// <summary>
    /// Whether frames get from one switch to another. Switches are joined by persistent ports with two stations, and never in a
    /// circle: a flooded frame would not come to rest.
    /// </summary>
    private bool AreJoined(ValeSwitch one, ValeSwitch other)
    {
        HashSet<ValeSwitch> reached = [one];
        int before;
        do
        {
            before = reached.Count;
            foreach (AttachedPort station in Ports.OfType<AttachedPort>())
            {
                if (station is { Switch: { } second, Inner: ValePort { Switch: { } first } }
                    && (reached.Contains(first) || reached.Contains(second)))
                {
                    reached.Add(first);
                    reached.Add(second);
                }
            }
        }
        while (reached.Count != before);

        return reached.Contains(other);
    }
}

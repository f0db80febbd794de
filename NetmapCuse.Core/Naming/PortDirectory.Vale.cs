using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Core.Naming;

/// <summary>Persistent ports, and what is attached to switches (reference/netmap-behaviour.md sections 10.2 to 10.4).</summary>
internal sealed partial class PortDirectory
{
    /// <summary>NEWIF. The port is kept until DELIF.</summary>
    /// <returns>0, EINVAL name or memory id, EEXIST, ENOMEM, or why there can be no interface (EPERM, EOPNOTSUPP).</returns>
    internal int MakePersistent(PortRequest request, out Port port)
    {
        port = null!;
        if (!IsInterfaceName(request.Name) || request.Name.StartsWith(PortName.StrictValePrefix, StringComparison.Ordinal))
        {
            return Errno.Inval;
        }

        PortScope scope = _scopes.Of(request.Name, request.Place);
        if (scope.Ports.ContainsKey(request.Name) || FindNamed(scope, request.Name) is not null
            || HostHas(request.Name, request.Place))
        {
            return Errno.Exist;
        }

        if (request.MemoryId != 0 && Regions.Find(request.MemoryId) is null)
        {
            return Errno.Inval;
        }

        if (Regions.Quotas.TryTake(request.User, QuotaKind.PersistentPort) is not { } claim)
        {
            return Errno.NoMem;
        }

        int error = host.PersistentInterfaces.TryCreate(request.Name, request.Place, out IPersistentInterface? shown);
        if (error != Errno.Ok)
        {
            claim.Dispose();
            return error;
        }

        error = MakePort(request, scope, shown, out ValePort? made);
        if (error != Errno.Ok)
        {
            shown!.Dispose();
            claim.Dispose();
            return error;
        }

        made!.Claim = claim;
        port = made;
        port.AddReference();
        log.Information("Made persistent port {Name}", port.Name);
        return Errno.Ok;
    }

    /// <summary>DELIF.</summary>
    internal int DeletePersistent(string name, CallerPlace place)
    {
        if (FindNamed(_scopes.Of(name, place), name) is not ValePort { Interface: not null, IsImplicit: false } port
            || name.Contains(':', StringComparison.Ordinal))
        {
            return HostHas(name, place) ? Errno.Inval : Errno.NxIo;
        }

        if (port.Switch is not null || port.References > 1)
        {
            return Errno.Busy;
        }

        port.DropReference();
        return Errno.Ok;
    }

    /// <summary>VALE_ATTACH: "vale0:eth0".</summary>
    /// <param name="request">Name, mode, memory id.</param>
    /// <param name="body">The register body in it: ring id, host rings.</param>
    /// <param name="portIndex">Where it is on the switch.</param>
    internal int Attach(PortRequest request, in NmreqRegister body, out int portIndex)
    {
        portIndex = ValeSwitch.NoPort;
        if (!PortName.IsVale(request.Name) || (request.MemoryId != 0 && Regions.Find(request.MemoryId) is null))
        {
            return Errno.Inval;
        }

        if (!PortName.TrySplitVale(request.Name, out string switchName, out string name))
        {
            return Errno.NoMem;
        }

        PortScope scope = _scopes.Of(request.Name, request.Place);
        if (scope.Ports.ContainsKey(request.Name))
        {
            return Errno.Busy;
        }

        ValeSwitch? valeSwitch = scope.SwitchWithRoom(switchName, ports: request.Mode == RegisterMode.NicAndHost ? 2 : 1);
        if (valeSwitch is null)
        {
            return Errno.NoMem;
        }

        if (request.Mode == RegisterMode.Null || PortName.IsPipe(name, out _, out _, out _))
        {
            return Errno.Inval;
        }

        int error = FindInterface(name, request.Place, out Port port);
        if (error == Errno.Ok)
        {
            error = Attach(port, scope, valeSwitch, request, body);
            portIndex = error == Errno.Ok ? ((ValePort)scope.Ports[request.Name]).Index : ValeSwitch.NoPort;
            port.DropReference();
        }

        return error;
    }

    /// <summary>VALE_DETACH.</summary>
    internal int Detach(string name, CallerPlace place, out int portIndex) =>
        Detach(name, _scopes.Of(name, place), out portIndex);

    private int Detach(string name, PortScope scope, out int portIndex)
    {
        portIndex = ValeSwitch.NoPort;
        if (!PortName.IsVale(name))
        {
            return Errno.Inval;
        }

        if (!scope.Ports.TryGetValue(name, out Port? found) || found is not ValePort { Switch: not null } port)
        {
            return Errno.NxIo;
        }

        bool isHostSide = port is AttachedPort { IsHost: true };
        bool isEphemeral = port is not AttachedPort && port.Interface is null;
        if (port.Polling is not null || isHostSide || isEphemeral || port.SecondStation is not null)
        {
            return Errno.Busy;
        }

        portIndex = port.Index;
        scope.Remove(name);
        scope.Leave(port);
        if (port is AttachedPort attached)
        {
            EndAttached(attached, scope);
        }
        else
        {
            port.DropReference();
        }

        log.Information("Detached {Name}", name);
        return Errno.Ok;
    }

    /// <summary>POLLING_ENABLE and POLLING_DISABLE: checked and remembered (section 10.6).</summary>
    internal int SetPolling(string name, CallerPlace place, in NmreqValePolling body, bool enable)
    {
        if (!PortName.IsVale(name))
        {
            return Errno.Inval;
        }

        if (!_scopes.Of(name, place).Ports.TryGetValue(name, out Port? found) || found is not ValePort { Switch: not null })
        {
            return Errno.NxIo;
        }

        if (found is not AttachedPort { IsHost: false, Inner: NicPort } port)
        {
            return Errno.OpNotSupp;
        }

        if (!enable)
        {
            bool wasOn = port.Polling is not null;
            port.Polling = null;
            return wasOn ? Errno.Ok : Errno.Fault;
        }

        if (port.Polling is not null)
        {
            return Errno.Fault;
        }

        if (!IsValid(body, port.Rings.Rx))
        {
            return Errno.Inval;
        }

        port.Polling = new Polling(body.Mode, body.FirstCpu, body.Cpus);
        return Errno.Ok;
    }

    /// <summary>Ends what requests made to last: stations on switches and persistent ports. No file is open any more.</summary>
    internal void EndAll()
    {
        foreach (PortScope scope in _scopes.All)
        {
            EndStations(scope);
        }

        foreach (Port port in Ports.Where(port => port is ValePort { Interface: not null, IsImplicit: false }).ToArray())
        {
            port.DropReference();
        }

        _scopes.DropEmpty();
    }

    /// <summary>The second station of a persistent port before its first.</summary>
    private void EndStations(PortScope scope)
    {
        string[] names = [.. scope.Ports.Values.OfType<ValePort>()
            .Where(port => port is AttachedPort { IsHost: false } or { Interface: not null, Switch: not null })
            .OrderBy(static port => port is not AttachedPort)
            .Select(port => port.SwitchName)
            .Where(scope.Ports.ContainsKey)
            .Distinct()];
        foreach (string name in names)
        {
            ((ValePort)scope.Ports[name]).Polling = null;
            _ = Detach(name, scope, out _);
        }
    }

    /// <summary>A persistent port, or the port of any other interface (section 10.2: EINVAL where there is neither).</summary>
    private int FindInterface(string name, CallerPlace place, out Port port)
    {
        int error = FindByName(new PortRequest { Name = name, Place = place, MayCreate = false }, out port);
        if (error == Errno.NxIo || (error == Errno.Ok && port is not (NicPort or ValePort { Interface: not null })))
        {
            port?.DropReference();
            return Errno.Inval;
        }

        return error;
    }

    /// <summary>Mode 1: one CPU; mode 2: one RX ring a CPU.</summary>
    private static bool IsValid(in NmreqValePolling body, uint rings)
    {
        const uint SingleCpu = 1;
        const uint MultiCpu = 2;
        if (body.Cpus == 0 || body.Cpus >= (uint)Environment.ProcessorCount)
        {
            return false;
        }

        return body.Mode switch
        {
            SingleCpu => body.Cpus == 1,
            MultiCpu => body.FirstCpu <= rings && body.Cpus <= rings - body.FirstCpu,
            _ => false,
        };
    }

    /// <summary>What the kernel takes as the name of an interface.</summary>
    private static bool IsInterfaceName(string name) =>
        name.Length is > 0 and <= InterfaceNameMax && name is not ("." or "..")
        && !name.Any(static c => c is '/' or ':' or '%' || char.IsWhiteSpace(c));
}

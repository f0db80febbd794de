using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Core.Naming;

/// <summary>Ports of virtual machines: made and ended by who runs the daemon, not by requests.</summary>
internal sealed partial class PortDirectory
{
    /// <summary>Makes the port of a guest, on its switch from now on.</summary>
    /// <returns>0; EINVAL name or pairs; EEXIST; ENOMEM when there is no room for another switch or port.</returns>
    internal int MakeGuest(string name, int pairs, out GuestPort? port)
    {
        port = null;
        if (!PortName.TrySplitVale(name, out string switchName, out _) || pairs is < 1 or > (int)Limits.ValeRingsMax)
        {
            return Errno.Inval;
        }

        PortScope scope = _scopes.Of(name, CallerPlace.Own);
        if (scope.Ports.ContainsKey(name))
        {
            return Errno.Exist;
        }

        if (scope.SwitchWithRoom(switchName, ports: 1) is not { } valeSwitch)
        {
            return Errno.NoMem;
        }

        port = new GuestPort(name, (uint)pairs, Regions.Global, ValeParameters, ended => OnPortEnded(scope, ended));
        scope.Add(name, port);
        scope.Join(port, valeSwitch, name);
        port.AddReference();
        return Errno.Ok;
    }
}

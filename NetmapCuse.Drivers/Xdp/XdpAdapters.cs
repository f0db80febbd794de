using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>Takes Linux interfaces over with AF_XDP.</summary>
/// <param name="log">Where it is told how an interface is taken over, and why not.</param>
/// <param name="hooks">How what the host sends is caught; null for the best way there is.</param>
internal sealed class XdpAdapters(ILogger log, TrafficHooks? hooks = null) : IAdapterFactory
{
    public int TryCreate(string name, AdapterSettings settings, out IAdapter? adapter)
    {
        adapter = null;
        NetworkNamespace? place = null;
        InterfaceControl? control = null;
        try
        {
            place = settings.Place.IsOwn ? NetworkNamespace.Own : NetworkNamespace.Open(settings.Place.Path);
            control = place.Run(static () => new InterfaceControl());
            int device = control.Index(name) ?? 0;
            int error = device != 0 ? Judge(name, control) : Errno.NxIo;
            if (error != Errno.Ok)
            {
                control.Dispose();
                place.Dispose();
                return error;
            }

            adapter = new XdpAdapter(device, name, settings, place, control, hooks ?? TrafficHooks.Best, log);
            return Errno.Ok;
        }
        catch (PosixException failure)
        {
            control?.Dispose();
            place?.Dispose();
            log.Warning("{Name}: {Reason}{Remedy}", name, failure.Message, Remedy.For(failure));
            return failure.Errno;
        }
    }

    /// <summary>Tunnels of IP packets (tun, ipip, sit, gre, vti, xfrm, wireguard) have no Ethernet frames: nothing that a ring could show.</summary>
    private int Judge(string name, InterfaceControl control)
    {
        const ushort Ethernet = 1;
        const ushort Loopback = 772;
        if (control.HardwareKind(name) is Ethernet or Loopback)
        {
            return Errno.Ok;
        }

        log.Warning(
            "{Name} carries no Ethernet frames ({Driver}, hardware type {Kind}): it cannot be taken over",
            name, control.Driver(name), control.HardwareKind(name));
        return Errno.OpNotSupp;
    }
}

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
            if (control.Index(name) is null)
            {
                control.Dispose();
                place.Dispose();
                return Errno.NxIo;
            }

            adapter = new XdpAdapter(name, settings, place, control, hooks ?? TrafficHooks.Best, log);
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
}

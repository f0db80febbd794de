using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Interop;
using Serilog;

namespace NetmapCuse.Drivers.Xdp;

/// <summary>Takes Linux interfaces over with AF_XDP.</summary>
internal sealed class XdpAdapters(ILogger log) : IAdapterFactory
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

            adapter = new XdpAdapter(name, settings, place, control, log);
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

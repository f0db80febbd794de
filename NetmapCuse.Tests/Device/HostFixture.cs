using NetmapCuse.Core;
using NetmapCuse.Core.Transport;
using NetmapCuse.Drivers.Tap;
using NetmapCuse.Tests.Adapters;

namespace NetmapCuse.Tests.Device;

/// <summary>A device on a machine with interfaces in memory and with real TAPs.</summary>
public sealed class HostFixture : DeviceFixture
{
    private readonly HostBackends _host;

    public HostFixture()
        : this(new HostBackends
        {
            Interfaces = new MemoryAdapters(),
            PersistentInterfaces = new TapInterfaces(Serilog.Core.Logger.None),
        })
    {
    }

    private HostFixture(HostBackends host)
        : this(host, (MemoryAdapters)host.Interfaces)
    {
    }

    private HostFixture(HostBackends host, MemoryAdapters adapters)
        : base(TransportKind.Auto, host with { Adapters = adapters })
    {
        _host = host;
        Interfaces = adapters;
    }

    internal MemoryAdapters Interfaces { get; }

    public override void Dispose()
    {
        base.Dispose();
        ((TapInterfaces)_host.PersistentInterfaces).Dispose();
        GC.SuppressFinalize(this);
    }
}

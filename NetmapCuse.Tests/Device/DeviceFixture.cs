using NetmapCuse.Core;
using NetmapCuse.Core.Transport;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Device;

/// <summary>A netmap device on a real mount in a directory of its own, served from this process.</summary>
public abstract class DeviceFixture : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("netmap-test-").FullName;
    private readonly DeviceServer? _server;
    private readonly string? _refusal;

    private protected DeviceFixture(TransportKind transport, HostBackends? host = null, DeviceOptions? options = null)
    {
        Path = System.IO.Path.Combine(_directory, "netmap");
        Device = new NetmapDevice(
            options ?? new DeviceOptions(), host ?? new HostBackends { Interfaces = new TestInterfaces() }, Serilog.Core.Logger.None);
        try
        {
            _server = DeviceServer.Start(
                new DeviceServerOptions { Path = Path, Transport = transport },
                Device.Memory, Device, Serilog.Core.Logger.None);
            Device.Attach(_server.Waker);
        }
        catch (StartException refusal) when (refusal.Failure is StartFailure.NoUring or StartFailure.NoPermission
            or StartFailure.NoFuseDevice or StartFailure.Kernel)
        {
            _refusal = refusal.Message;
        }
    }

    public string Path { get; }

    public NetmapDevice Device { get; }

    /// <summary>Skips the test where the device cannot be served.</summary>
    public void Require()
    {
        if (_refusal is not null)
        {
            Assert.Skip(_refusal);
        }
    }

    public virtual void Dispose()
    {
        _server?.Dispose();
        Device.Dispose();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    internal NetmapClient Open() => new(new MountedFile(Client.Open(Path)));
}

/// <summary>Over whatever works best here.</summary>
public sealed class AnyDevice() : DeviceFixture(TransportKind.Auto);

/// <summary>Over io_uring.</summary>
public sealed class UringDevice() : DeviceFixture(TransportKind.Uring);

/// <summary>Over readers of /dev/fuse.</summary>
public sealed class FuseDevice() : DeviceFixture(TransportKind.Fuse);

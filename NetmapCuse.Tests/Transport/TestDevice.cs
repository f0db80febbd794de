using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

/// <summary>A device file in a directory of its own, taken down at the end whatever happens.</summary>
internal sealed class TestDevice : IDisposable
{
    internal const int MemorySize = 1 << 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("netmap-test-").FullName;

    private readonly Warnings _warnings = new();

    internal TestDevice(string transport)
    {
        Path = System.IO.Path.Combine(_directory, "netmap");
        Memory = Client.MemFd(MemorySize);
        TransportKind kind = Enum.Parse<TransportKind>(transport);
        try
        {
            Server = DeviceServer.Start(
                new DeviceServerOptions { Path = Path, Transport = kind }, Memory, Handler, _warnings.Logger);
        }
        catch (StartException refusal)
        {
            Dispose();
            if (refusal.Failure is StartFailure.NoUring or StartFailure.NoPermission or StartFailure.NoFuseDevice
                or StartFailure.Kernel)
            {
                Assert.Skip(refusal.Message);
            }

            throw;
        }

        Handler.Waker = Server;
    }

    internal string Path { get; }

    internal Fd Memory { get; }

    internal EchoHandler Handler { get; } = new();

    internal DeviceServer Server { get; } = null!;

    public void Dispose()
    {
        Server?.Dispose();
        Memory.Dispose();
        Directory.Delete(_directory, recursive: true);
        _warnings.Logger.Dispose();
        Assert.DoesNotContain(_warnings.Lines, line => line.Contains("left behind", StringComparison.Ordinal));
    }
}

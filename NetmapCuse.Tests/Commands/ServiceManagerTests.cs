using System.Net.Sockets;
using System.Text;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Commands;

/// <summary>What a daemon tells the service manager, which a socket of the test's plays.</summary>
public sealed class ServiceManagerTests : IDisposable
{
    private readonly DaemonProcess _daemon = new();
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 30000 };

    public void Dispose()
    {
        _daemon.Dispose();
        _manager.Dispose();
    }

    [Fact]
    public void It_hears_of_the_start_of_health_of_a_reload_and_of_the_end()
    {
        string socket = Path.Combine(_daemon.Folder, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(socket));
        _daemon.Environment["NOTIFY_SOCKET"] = socket;
        _daemon.Environment["WATCHDOG_USEC"] = "600000";
        _daemon.Configure("[[device]]\npath = \"@DEVICE@\"\n");
        _daemon.Serve("--config", _daemon.ConfigurationPath);
        Receive().Should().Be($"READY=1\nSTATUS=Serving {_daemon.DevicePath}");
        Receive().Should().Be("WATCHDOG=1");

        _daemon.Signal("HUP");
        Await("RELOADING=1\nMONOTONIC_USEC=");
        Await("READY=1");
        Await("WATCHDOG=1");
        _daemon.Signal("TERM");
        Await("STOPPING=1");
        _daemon.AwaitEnd().Should().Be(0);
    }

    private void Await(string message)
    {
        string received;
        do
        {
            received = Receive();
        }
        while (!received.StartsWith(message, StringComparison.Ordinal));
    }

    private string Receive()
    {
        byte[] buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, _manager.Receive(buffer));
    }
}

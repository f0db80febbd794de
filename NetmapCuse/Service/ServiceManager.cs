using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace NetmapCuse.Service;

/// <summary>What the service manager is told: sd_notify(3), by the socket that NOTIFY_SOCKET names.</summary>
internal sealed class ServiceManager : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly UnixDomainSocketEndPoint _manager;

    private ServiceManager(UnixDomainSocketEndPoint manager) => _manager = manager;

    /// <summary>How often it wants to hear that all is well; null for never.</summary>
    internal static TimeSpan? WatchdogPeriod =>
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long period)
        && (Environment.GetEnvironmentVariable("WATCHDOG_PID") ?? Self) == Self
            ? TimeSpan.FromMicroseconds(period)
            : null;

    private static string Self => Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>The service manager that has started this process; null where none has.</summary>
    internal static ServiceManager? Find() => Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 1 } path
        ? new ServiceManager(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path))
        : null;

    internal void Ready(string status) => Tell($"READY=1\nSTATUS={status}");

    internal void Stopping() => Tell("STOPPING=1");

    internal void Alive() => Tell("WATCHDOG=1");

    /// <summary>The configuration is being read again; <see cref="Ready"/> ends it.</summary>
    internal void Reloading() => Tell(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={Environment.TickCount64 * 1000}"));

    public void Dispose() => _socket.Dispose();

    /// <summary>A manager that does not listen is no reason to stop.</summary>
    private void Tell(string state)
    {
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(state), _manager);
        }
        catch (SocketException)
        {
        }
    }
}

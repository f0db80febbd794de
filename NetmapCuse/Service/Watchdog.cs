using NetmapCuse.Ports;

namespace NetmapCuse.Service;

/// <summary>
/// Tells the service manager that all is well, after every device has answered a program's request: a daemon whose queues or control
/// plane hang is not well, though its timers run.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private readonly ServiceManager _manager;
    private readonly IReadOnlyList<string> _devices;
    private readonly TimeSpan _pause;
    private readonly ManualResetEventSlim _ending = new();
    private readonly Thread _thread;

    private Watchdog(ServiceManager manager, IReadOnlyList<string> devices, TimeSpan period)
    {
        _manager = manager;
        _devices = devices;
        _pause = period / 3;
        _thread = new Thread(Run) { Name = "watchdog", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Starts it where the manager asks for it.</summary>
    internal static Watchdog? Start(ServiceManager? manager, IReadOnlyList<string> devices) =>
        manager is not null && ServiceManager.WatchdogPeriod is { } period ? new Watchdog(manager, devices, period) : null;

    /// <summary>Does not wait for a device that hangs: the process is about to end.</summary>
    public void Dispose() => _ending.Set();

    private void Run()
    {
        while (!_ending.Wait(_pause))
        {
            try
            {
                foreach (string device in _devices)
                {
                    using PortRequests requests = PortRequests.Open(device);
                    _ = requests.List();
                }

                _manager.Alive();
            }
            catch (SettingException)
            {
                // Silence is the message.
            }
        }
    }
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.VhostUser;
using NetmapCuse.Ports;
using NetmapCuse.Service;
using Serilog;
using Serilog.Core;

namespace NetmapCuse.Configuration;

/// <summary>
/// SIGHUP with a configuration file: reads it again, applies what can change while programs run, and names what cannot. A file with
/// a mistake in it changes nothing.
/// </summary>
internal sealed class Reload : IDisposable
{
    private readonly CommandLineSettings _line;
    private readonly IReadOnlyList<ServedDevice> _devices;
    private readonly LoggingLevelSwitch _level;
    private readonly ServiceManager? _manager;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration _signal;
    private ServeSettings _settings;

    private Reload(
        CommandLineSettings line,
        ServeSettings settings,
        IReadOnlyList<ServedDevice> devices,
        LoggingLevelSwitch level,
        ServiceManager? manager,
        ILogger log)
    {
        _manager = manager;
        _line = line;
        _settings = settings;
        _devices = devices;
        _level = level;
        _log = log;
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            Run();
        });
    }

    /// <summary>Listens for the signal where there is a file to read again; null where there is none.</summary>
    internal static Reload? On(
        CommandLineSettings line,
        ServeSettings settings,
        IReadOnlyList<ServedDevice> devices,
        LoggingLevelSwitch level,
        ServiceManager? manager,
        ILogger log) =>
        settings.ConfigurationPath is null ? null : new Reload(line, settings, devices, level, manager, log);

    public void Dispose() => _signal.Dispose();

    private void Run()
    {
        lock (_lock)
        {
            _manager?.Reloading();
            try
            {
                ServeSettings wanted = SettingsReader.Read(_line);
                SettingsCheck.Require(wanted);
                Apply(_settings, wanted);
                _settings = wanted;
                _log.Information("Read {Path} again", wanted.ConfigurationPath);
            }
            catch (SettingException mistake)
            {
                _log.Error("Nothing is changed: {Reason}", mistake.Message);
            }

            _manager?.Ready($"Serving {string.Join(' ', _devices.Select(static device => device.Path))}");
        }
    }

    private void Apply(ServeSettings before, ServeSettings after)
    {
        if (before.Verbose != after.Verbose)
        {
            _level.MinimumLevel = Daemon.LevelFor(after.Verbose);
        }

        TellOfStart(after.ConfigurationPath!, "transport", before.Transport.Text, after.Transport.Text);
        TellOfStart(after.ConfigurationPath!, "spin-us", before.SpinMicroseconds.Text, after.SpinMicroseconds.Text);
        TellOfStart(after.ConfigurationPath!, "run-dir", before.RunDirectory, after.RunDirectory);
        TellOfStart(
            after.ConfigurationPath!,
            "shared-switches",
            string.Join(' ', before.SharedSwitches.Select(static name => name.Text)),
            string.Join(' ', after.SharedSwitches.Select(static name => name.Text)));
        TellOfStart(
            after.ConfigurationPath!,
            "the list of devices",
            string.Join(' ', before.Devices.Select(static device => device.Path.Text)),
            string.Join(' ', after.Devices.Select(static device => device.Path.Text)));
        foreach (ServedDevice device in _devices)
        {
            if (device.Find(before) is { } old && device.Find(after) is { } wanted)
            {
                Apply(device, old, wanted);
                ApplyGuests(device, after.ParseVhostUser(wanted));
                StartPorts.Change(device.Path, [.. before.PortsOf(old)], [.. after.PortsOf(wanted)], _log);
            }
        }
    }

    private void ApplyGuests(ServedDevice device, IReadOnlyList<VhostOptions> wanted)
    {
        try
        {
            device.Guests.Become(wanted);
        }
        catch (Exception failure) when (failure is SettingException or PosixException)
        {
            _log.Error("{Device}: {Reason}", device.Path, failure.Message);
        }
    }

    private void Apply(ServedDevice device, DeviceSettings before, DeviceSettings after)
    {
        TellOfStart(device.Path, "door", before.Door.Text, after.Door.Text);
        TellOfStart(device.Path, "mode", before.Mode.Text, after.Mode.Text);
        TellOfStart(device.Path, "owner", before.Owner.Text, after.Owner.Text);
        TellOfStart(device.Path, "group", before.Group.Text, after.Group.Text);
        TellOfStart(device.Path, "arena-size", before.ArenaSize.Text, after.ArenaSize.Text);
        TellOfStart(device.Path, "hugepages", before.HugePages.ToString(), after.HugePages.ToString());
        device.Interfaces = after.Interfaces;
        Dictionary<string, string> former = Last(before);
        Dictionary<string, string> wanted = Last(after);
        foreach (string name in former.Keys.Where(name => !wanted.ContainsKey(name)))
        {
            _log.Warning("{Device}: {Parameter} keeps its value {Value} until a restart", device.Path, name, former[name]);
        }

        foreach ((string name, string value) in wanted.Where(pair => former.GetValueOrDefault(pair.Key) != pair.Value))
        {
            if (device.Parameters.Set(name, value) != Errno.Ok)
            {
                _log.Warning("{Device}: {Parameter} = {Value} needs a restart", device.Path, name, value);
            }
        }
    }

    private static Dictionary<string, string> Last(DeviceSettings device)
    {
        Dictionary<string, string> last = new(StringComparer.Ordinal);
        foreach (GivenParameter parameter in device.Parameters)
        {
            last[parameter.Name] = parameter.Value;
        }

        return last;
    }

    private void TellOfStart(string subject, string key, string before, string after)
    {
        if (before != after)
        {
            _log.Warning("{Subject}: {Key} needs a restart", subject, key);
        }
    }
}

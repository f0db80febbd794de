using System.Globalization;
using NetmapCuse.Configuration;
using NetmapCuse.Core;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Tap;
using NetmapCuse.Drivers.Xdp;
using NetmapCuse.Logging;
using NetmapCuse.Ports;
using NetmapCuse.Service;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace NetmapCuse;

/// <summary>The running daemon: devices, their servers, and the signals that end it.</summary>
internal static class Daemon
{
    private const int Failed = 1;

    /// <summary>Serves until a signal or until every device is gone. Returns the exit code.</summary>
    internal static int Run(CommandLineSettings line)
    {
        LoggingLevelSwitch level = new(LogEventLevel.Information);
        using Logger log = new LoggerConfiguration()
            .MinimumLevel.ControlledBy(level)
            .Filter.With(new FloodFilter(TimeProvider.System))
            .Enrich.With(new PlainText())
            .WriteTo.Console(
                outputTemplate: "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{LeftOut:l}{NewLine}{Exception}",
                standardErrorFromLevel: LogEventLevel.Verbose,
                formatProvider: CultureInfo.InvariantCulture)
            .CreateLogger();
        try
        {
            return Serve(line, level, log);
        }
        catch (Exception failure) when (failure is StartException or SettingException or PosixException)
        {
            log.Error("{Reason}", failure.Message);
            return Failed;
        }
    }

    private static int Serve(CommandLineSettings line, LoggingLevelSwitch level, ILogger log)
    {
        ServeSettings settings = SettingsReader.Read(line);
        level.MinimumLevel = LevelFor(settings.Verbose);
        Rights.Require();
        Leftovers.Remove();
        using TapInterfaces taps = new(log);
        using HostInterfaces interfaces = new();
        using NicTable nics = TakeNics(settings, interfaces, log);
        HostBackends host = new()
        {
            Interfaces = nics,
            PersistentInterfaces = taps,
            Adapters = nics,
            SetVerbosity = value => level.MinimumLevel = LevelFor(value > 0),
        };
        using CancellationTokenSource ending = new();
        using Signals signals = new(ending.Cancel, log);
        List<ServedDevice> devices = [];
        try
        {
            foreach (DeviceSettings device in settings.DistinctDevices())
            {
                ServedDevice served = ServedDevice.Start(device, settings, host, log);
                devices.Add(served);
                served.Guests.Become(settings.ParseVhostUser(device));
            }

            devices.ForEach(device => StartPorts.Make(device.Path, device.Ports(settings), log));
            devices.Where(static device => MountPlacement.IsHidden(device.Path)).ToList().ForEach(device => log.Warning(
                "{Path} is mounted in a mount namespace of the daemon's own, where others do not see it: {Remedy}",
                device.Path,
                MountPlacement.Remedy));
            using ServiceManager? manager = ServiceManager.Find();
            using Reload? reload = Reload.On(line, settings, devices, level, manager, log);
            signals.HangupReloads = reload is not null;
            string paths = string.Join(' ', devices.Select(static device => device.Path));
            Console.WriteLine($"ready {paths}");
            manager?.Ready($"Serving {paths}");
            using Watchdog? watchdog = Watchdog.Start(manager, [.. devices.Select(static device => device.Path)]);
            int status = WaitForEnd(devices, log, ending.Token);
            manager?.Stopping();
            return status;
        }
        finally
        {
            devices.ForEach(device => device.Dispose());
        }
    }

    /// <summary>NICs that a daemon before us has left are the host's again, those that the operator names are ours.</summary>
    private static NicTable TakeNics(ServeSettings settings, HostInterfaces interfaces, ILogger log)
    {
        NicMove move = new(new NicRecords(NicRecords.UsualFolder), log);
        move.ReturnOrphans();
        NicTable nics = new(move, new XdpAdapters(log, ForcedHooks()), interfaces, log);
        try
        {
            foreach (string name in settings.Nics)
            {
                nics.Add(name, settings.TakesNicsInUse);
            }

            return nics;
        }
        catch
        {
            nics.Dispose();
            throw;
        }
    }

    /// <summary>With --verbose, or the parameter verbose.</summary>
    internal static LogEventLevel LevelFor(bool isVerbose) => isVerbose ? LogEventLevel.Debug : LogEventLevel.Information;

    /// <summary>For tests: the way of kernels before 6.6 on newer ones.</summary>
    private static ClsactHooks? ForcedHooks() =>
        Environment.GetEnvironmentVariable("NETMAPCUSE_HOOKS") == "clsact" ? new ClsactHooks() : null;

    /// <summary>Ends with the signal, or with failure when the last device was unmounted by somebody else.</summary>
    private static int WaitForEnd(List<ServedDevice> devices, ILogger log, CancellationToken ending)
    {
        try
        {
            Task.WaitAll([.. devices.Select(device => device.Ended)], ending);
            log.Error("No device is left to serve: somebody unmounted it");
            return Failed;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }
}

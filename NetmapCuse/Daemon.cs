using System.Globalization;
using NetmapCuse.Core;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Transport;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Tap;
using NetmapCuse.Drivers.Xdp;
using NetmapCuse.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace NetmapCuse;

/// <summary>The running daemon: devices, their servers, and the signals that end it.</summary>
internal static class Daemon
{
    private const int Failed = 1;

    /// <summary>Serves until a signal or until every device is gone. Returns the exit code.</summary>
    internal static int Run(ServeSettings settings)
    {
        LoggingLevelSwitch level = new(settings.Verbose ? LogEventLevel.Debug : LogEventLevel.Information);
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
            return Serve(settings, level, log);
        }
        catch (Exception failure) when (failure is StartException or SettingException or PosixException)
        {
            log.Error("{Reason}", failure.Message);
            return Failed;
        }
    }

    private static int Serve(ServeSettings settings, LoggingLevelSwitch level, ILogger log)
    {
        Rights.Require();
        using TapInterfaces taps = new(log);
        using HostInterfaces interfaces = new();
        HostBackends host = new()
        {
            Interfaces = interfaces,
            PersistentInterfaces = taps,
            Adapters = new XdpAdapters(log, ForcedHooks()),
            SetVerbosity = value => level.MinimumLevel = value > 0 ? LogEventLevel.Debug : LogEventLevel.Information,
        };
        using CancellationTokenSource ending = new();
        using Signals signals = new(ending.Cancel, reload: null, log);
        List<ServedDevice> devices = [];
        try
        {
            foreach (string path in settings.DistinctDevices())
            {
                devices.Add(ServedDevice.Start(path, settings, host, log));
            }

            SayReady(settings.Devices, log);
            return WaitForEnd(devices, log, ending.Token);
        }
        finally
        {
            devices.ForEach(device => device.Dispose());
        }
    }

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

    /// <summary>Whoever does not listen, or has no room for the line, does without.</summary>
    private static void SayReady(IReadOnlyList<string> devices, ILogger log)
    {
        try
        {
            Console.WriteLine($"ready {string.Join(' ', devices)}");
        }
        catch (IOException failure)
        {
            log.Warning("Serving, but standard output does not take the line that says so: {Reason}", failure.Message);
        }
    }

    /// <summary>A device file with its state and its server.</summary>
    private sealed class ServedDevice(
        NetmapDevice device, DeviceServer server, PagerProcess? pager, DirectoryServer? parameters) : IDisposable
    {
        internal Task Ended => server.Ended;

        internal static ServedDevice Start(string path, ServeSettings settings, HostBackends host, ILogger log)
        {
            if (settings.Door != Door.Auto)
            {
                return Start(path, settings, host, settings.Door, log);
            }

            try
            {
                return Start(path, settings, host, Door.Passthrough, log);
            }
            catch (StartException refusal) when (refusal.Failure is StartFailure.Kernel or StartFailure.NoPermission)
            {
                log.Information("Taking the page-cache door: {Obstacle}", refusal.Message);
                return Start(path, settings, host, Door.PageCache, log);
            }
        }

        private static ServedDevice Start(
            string path, ServeSettings settings, HostBackends host, Door door, ILogger log)
        {
            DeviceOptions options = new()
            {
                ArenaBytes = settings.ParseArenaBytes(),
                WatchMicroseconds = settings.ParseSpin(),
                SharedSwitches = settings.ParseSharedSwitches(),
            };
            DeviceServerOptions serverOptions = new()
            {
                Path = path,
                Mode = settings.ParseMode(),
                UserId = Accounts.UserId(settings.Owner),
                GroupId = Accounts.GroupId(settings.Group),
                Transport = settings.Transport,
                Door = door,
            };
            PacketMemory memory = door == Door.PageCache
                ? new DeviceFileMemory(options.ArenaBytes)
                : new MemFdMemory(options.ArenaBytes, settings.HugePages);
            TellOfHugePages(settings, door, log);
            NetmapDevice device = new(options, memory, host, log);
            try
            {
                settings.SetParameters(device.Parameters);
                DeviceServer server = DeviceServer.Start(serverOptions, device.PacketMemory, device, log);
                device.Attach(server);
                return new ServedDevice(
                    device, server, PagerProcess.Start(server, log), ServeParameters(path, settings, device, log));
            }
            catch
            {
                device.Dispose();
                throw;
            }
        }

        /// <summary>What was asked for and cannot be had works without.</summary>
        private static void TellOfHugePages(ServeSettings settings, Door door, ILogger log)
        {
            if (settings.HugePages && door == Door.PageCache)
            {
                log.Warning("No huge pages: the page-cache door has none");
            }
            else if (settings.HugePages && !SharedHugePages.AreGranted)
            {
                log.Warning("No huge pages: this kernel gives none to shared memory ({Remedy})", SharedHugePages.Remedy);
            }
        }

        public void Dispose()
        {
            parameters?.Dispose();
            pager?.PrepareEnd();
            server.Dispose();
            pager?.Dispose();
            device.Dispose();
        }

        /// <summary>The device works without its parameter files, so a failure is only told.</summary>
        private static DirectoryServer? ServeParameters(
            string path, ServeSettings settings, NetmapDevice device, ILogger log)
        {
            if (settings.ParameterDirectory(path) is not { } directory)
            {
                return null;
            }

            try
            {
                return DirectoryServer.Start(directory, device.Parameters.Files, log);
            }
            catch (StartException failure)
            {
                log.Warning("No parameter files: {Reason}", failure.Message);
                return null;
            }
        }
    }
}

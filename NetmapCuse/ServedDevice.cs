using NetmapCuse.Configuration;
using NetmapCuse.Core;
using NetmapCuse.Core.Parameters;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Transport;
using Serilog;

namespace NetmapCuse;

/// <summary>A device file with its state and its server.</summary>
internal sealed class ServedDevice(
    string path,
    InterfaceRulesInForce rules,
    NetmapDevice device,
    DeviceServer server,
    PagerProcess? pager,
    DirectoryServer? parameters,
    GuestPorts guests) : IDisposable
{
    internal Task Ended => server.Ended;

    /// <summary>The device file, as it was given.</summary>
    internal string Path => path;

    /// <summary>Its virtual machines.</summary>
    internal GuestPorts Guests => guests;

    /// <summary>Which users may take which interfaces, from now on.</summary>
    internal InterfaceRules Interfaces
    {
        set => rules.Current = value;
    }

    internal ParameterTable Parameters => device.Parameters;

    /// <summary>What the settings say of this device; null when they have no such device any more.</summary>
    internal DeviceSettings? Find(ServeSettings settings) => settings.Devices.FirstOrDefault(given => given.Path.Text == path);

    internal IEnumerable<PortSettings> Ports(ServeSettings settings) =>
        Find(settings) is { } found ? settings.PortsOf(found) : [];

    internal static ServedDevice Start(DeviceSettings given, ServeSettings settings, HostBackends host, ILogger log)
    {
        if (given.ParseDoor() is var chosen && chosen != Door.Auto)
        {
            return Start(given, settings, host, chosen, log);
        }

        try
        {
            return Start(given, settings, host, Door.Passthrough, log);
        }
        catch (StartException refusal) when (refusal.Failure is StartFailure.Kernel or StartFailure.NoPermission)
        {
            log.Information("Taking the page-cache door: {Obstacle}", refusal.Message);
            return Start(given, settings, host, Door.PageCache, log);
        }
    }

    private static ServedDevice Start(
        DeviceSettings given, ServeSettings settings, HostBackends host, Door door, ILogger log)
    {
        DeviceOptions options = new()
        {
            ArenaBytes = given.ParseArenaBytes(),
            WatchMicroseconds = settings.ParseSpin(),
            SharedSwitches = settings.ParseSharedSwitches(),
        };
        DeviceServerOptions serverOptions = new()
        {
            Path = given.Path.Text,
            Mode = given.ParseMode(),
            UserId = Accounts.UserId(given.Owner),
            GroupId = Accounts.GroupId(given.Group),
            Transport = settings.ParseTransport(),
            Door = door,
        };
        PacketMemory memory = door == Door.PageCache
            ? new DeviceFileMemory(options.ArenaBytes)
            : new MemFdMemory(options.ArenaBytes, given.HugePages);
        TellOfHugePages(given, door, log);
        InterfaceRulesInForce rules = new(given.Interfaces);
        NetmapDevice device = new(options, memory, host with { MayTake = rules.Allow }, log);
        GuestPorts guests = new(device, log);
        try
        {
            given.SetParameters(device.Parameters);
            DeviceServer server = DeviceServer.Start(serverOptions, device.PacketMemory, device, log);
            device.Attach(server.Waker);
            device.Describe(server.Path, door, server.TransportName);
            return new ServedDevice(
                given.Path.Text, rules, device, server, PagerProcess.Start(server, log), ServeParameters(given.Path.Text, settings, device, log),
                guests);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>What was asked for and cannot be had works without.</summary>
    private static void TellOfHugePages(DeviceSettings given, Door door, ILogger log)
    {
        if (given.HugePages && door == Door.PageCache)
        {
            log.Warning("No huge pages: the page-cache door has none");
        }
        else if (given.HugePages && !SharedHugePages.AreGranted)
        {
            log.Warning("No huge pages: this kernel gives none to shared memory ({Remedy})", SharedHugePages.Remedy);
        }
    }

    public void Dispose()
    {
        guests.Dispose();
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

using System.Globalization;
using NetmapCuse.Configuration;
using NetmapCuse.Core.Transport;
using NetmapCuse.Drivers.VhostUser;

namespace NetmapCuse;

/// <summary>What "serve" is asked for by command line and configuration, as text where it has to be understood yet.</summary>
internal sealed record ServeSettings
{
    private const int SpinMicrosecondsMax = 1000;

    internal required IReadOnlyList<DeviceSettings> Devices { get; init; }

    internal required Given Transport { get; init; }

    internal required Given SpinMicroseconds { get; init; }

    internal required bool Verbose { get; init; }

    /// <summary>Names of switches that all network namespaces share.</summary>
    internal required IReadOnlyList<Given> SharedSwitches { get; init; }

    /// <summary>Ports of virtual machines.</summary>
    internal required IReadOnlyList<Given> VhostUser { get; init; }

    /// <summary>NICs to drive: PCI addresses or names of interfaces.</summary>
    internal IReadOnlyList<string> Nics { get; init; } = [];

    /// <summary>Also those whose interfaces are in use.</summary>
    internal bool TakesNicsInUse { get; init; }

    /// <summary>Where parameter files are served; empty for nowhere.</summary>
    internal required string RunDirectory { get; init; }

    /// <summary>What is made and attached at start.</summary>
    internal required IReadOnlyList<PortSettings> Ports { get; init; }

    /// <summary>The file that part of this is from; null for none.</summary>
    internal string? ConfigurationPath { get; init; }

    /// <summary>
    /// The directory of a device's parameter files: "parameters" for /dev/netmap; for others below a directory of their own, named
    /// after the device, /dev/netmap-b: netmap-b, /srv/x/netmap: srv-x-netmap. Null for none.
    /// </summary>
    internal string? ParameterDirectory(string device)
    {
        const string DeviceFolder = "/dev/";
        const string Leaf = "parameters";
        if (RunDirectory.Length == 0)
        {
            return null;
        }

        string full = Path.GetFullPath(device);
        string name = full.StartsWith(DeviceFolder, StringComparison.Ordinal) ? full[DeviceFolder.Length..] : full.TrimStart('/');
        return name == "netmap"
            ? Path.Combine(RunDirectory, Leaf)
            : Path.Combine(RunDirectory, name.Replace('/', '-'), Leaf);
    }

    /// <summary>The devices, each path once.</summary>
    internal IReadOnlyList<DeviceSettings> DistinctDevices() =>
        Devices.FirstOrDefault(static device => string.IsNullOrWhiteSpace(device.Path.Text)) is { } empty
            ? throw empty.Path.Fault("it is empty: give the path of a file, such as /dev/netmap")
            : Devices.GroupBy(static device => Path.GetFullPath(device.Path.Text)).FirstOrDefault(static same => same.Count() > 1) is { } twice
            ? throw twice.Last().Path.Fault("this device is given twice")
            : Devices;

    /// <summary>The ports of a device: those that name it, and for the first one those that name none.</summary>
    internal IEnumerable<PortSettings> PortsOf(DeviceSettings device) => Ports.Where(port => port.Device is { } path
        ? Path.GetFullPath(path) == Path.GetFullPath(device.Path.Text)
        : device == Devices[0]);

    internal TransportKind ParseTransport() => Transport.Text switch
    {
        "auto" => TransportKind.Auto,
        "uring" => TransportKind.Uring,
        "fuse" => TransportKind.Fuse,
        _ => throw Transport.Fault("give auto, uring or fuse"),
    };

    /// <summary>The shared switches, each a name that a switch can have.</summary>
    internal IReadOnlyList<string> ParseSharedSwitches()
    {
        foreach (Given name in SharedSwitches)
        {
            if (!Core.Naming.SharedSwitches.IsPattern(name.Text))
            {
                throw name.Fault("give the name of a switch, such as vale0, or its beginning and a star, vale*");
            }
        }

        return [.. SharedSwitches.Select(static name => name.Text)];
    }

    /// <summary>The ports of virtual machines that a device has; those that name no device are on the first.</summary>
    internal IReadOnlyList<VhostOptions> ParseVhostUser(DeviceSettings device) =>
    [
        .. VhostUser.Select(given => VhostSetting.Parse(given, ParseSpin()))
            .Where(setting => DeviceOf(setting) == device)
            .Select(static setting => setting.Options),
    ];

    private DeviceSettings DeviceOf(VhostSetting setting) => setting.Device is not { } path
        ? Devices[0]
        : Devices.FirstOrDefault(other => Path.GetFullPath(other.Path.Text) == Path.GetFullPath(path))
            ?? throw setting.Given.Fault($"no device {path} is served");

    /// <summary>The watch time, bounded: a queue thread serves nobody else meanwhile.</summary>
    internal int ParseSpin() =>
        int.TryParse(SpinMicroseconds.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int spin) && spin <= SpinMicrosecondsMax
            ? spin
            : throw SpinMicroseconds.Fault("give 0 to 1000");
}

/// <summary>A setting that cannot be understood; the message names it and what to give instead.</summary>
internal sealed class SettingException(string message) : Exception(message);

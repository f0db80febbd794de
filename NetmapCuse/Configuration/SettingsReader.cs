namespace NetmapCuse.Configuration;

/// <summary>
/// Joins what is given: the command line counts more than the configuration, there the table of a device more than what comes
/// before all tables, and that more than the defaults.
/// </summary>
internal sealed class SettingsReader(CommandLineSettings line, ConfigurationFile file)
{
    private const string DefaultDevice = "/dev/netmap";

    /// <summary>The file that a command line means; null for none.</summary>
    internal static string? PathOf(CommandLineSettings line) => line.ConfigurationPath is { } path
        ? path.Length > 0 ? path : null
        : File.Exists(ConfigurationFile.DefaultPath) ? ConfigurationFile.DefaultPath : null;

    /// <summary>Reads the file, if there is one, and joins.</summary>
    internal static ServeSettings Read(CommandLineSettings line)
    {
        string? path = PathOf(line);
        ConfigurationFile file = path is null ? ConfigurationFile.Empty : ConfigurationFile.Read(path);
        return new SettingsReader(line, file).Join() with { ConfigurationPath = path };
    }

    internal ServeSettings Join() => new()
    {
        Devices = [.. Devices()],
        Transport = Pick(null, "transport", line.Transport, "auto"),
        SpinMicroseconds = Pick(null, "spin-us", line.SpinMicroseconds, "60"),
        Verbose = line.Verbose || file.General.Says("verbose"),
        SharedSwitches = line.SharedSwitches.Count > 0
            ? [.. line.SharedSwitches.Select(static name => new Given(name, "--shared-switch"))]
            : file.General.Lists.GetValueOrDefault("shared-switches", []),
        VhostUser = line.VhostUser.Count > 0
            ? [.. line.VhostUser.Select(static text => new Given(text, "--vhost-user"))]
            : file.General.Lists.GetValueOrDefault("vhost-user", []),
        Nics = line.Nics.Count > 0
            ? line.Nics
            : [.. file.General.Lists.GetValueOrDefault("vfio", []).Select(static name => name.Text)],
        TakesNicsInUse = line.TakesNicsInUse || file.General.Says("vfio-in-use"),
        RunDirectory = Pick(null, "run-dir", line.RunDirectory, "/run/netmapcuse").Text,
        Ports =
        [
            .. file.Persistent.Select(PortSettings.Persistent),
            .. file.Attachments.Select(PortSettings.Attachment),
        ],
    };

    private IEnumerable<DeviceSettings> Devices()
    {
        List<(Given Path, ConfigurationSection? Section)> inFile =
            [.. file.Devices.Select(static section => (section.Require("path"), (ConfigurationSection?)section))];
        if (line.Devices.Count > 0)
        {
            return line.Devices.Select(path => Device(
                new Given(path, "--device"),
                inFile.FirstOrDefault(known => Path.GetFullPath(known.Path.Text) == Path.GetFullPath(path)).Section));
        }

        return inFile.Count > 0
            ? inFile.Select(device => Device(device.Path, device.Section))
            : [Device(new Given(DefaultDevice, "--device"), null)];
    }

    private DeviceSettings Device(Given path, ConfigurationSection? section) => new()
    {
        Path = path,
        Door = Pick(section, "door", line.Door, "auto"),
        Mode = Pick(section, "mode", line.Mode, "0600"),
        Owner = Pick(section, "owner", line.Owner, "0"),
        Group = Pick(section, "group", line.Group, "0"),
        ArenaSize = Pick(section, "arena-size", line.ArenaSize, "16G"),
        HugePages = line.HugePages || Pick(section, "hugepages", null, "false").Text == "true",
        Parameters =
        [
            .. Parameters(file.TableOf(null, ConfigurationSchema.Parameters)),
            .. section is null ? [] : Parameters(file.TableOf(section, ConfigurationSchema.Parameters)),
            .. line.Parameters.Select(GivenParameter.FromOption),
        ],
        Interfaces = Rules(section),
    };

    private InterfaceRules Rules(ConfigurationSection? device)
    {
        ConfigurationSection? table = (device is null ? null : file.TableOf(device, ConfigurationSchema.Interfaces))
            ?? file.TableOf(null, ConfigurationSchema.Interfaces);
        return table is null ? InterfaceRules.Unlimited : InterfaceRules.From(table);
    }

    private static IEnumerable<GivenParameter> Parameters(ConfigurationSection? table) => table is null
        ? []
        : table.Values.Select(static pair =>
            new GivenParameter(pair.Key, pair.Value.Text, $"{pair.Value.Source} = {pair.Value.Text}"));

    private Given Pick(ConfigurationSection? device, string key, string? option, string otherwise) =>
        option is not null ? new Given(option, "--" + key)
        : device?.Find(key) ?? file.General.Find(key) ?? new Given(otherwise, "--" + key);
}

namespace NetmapCuse.Configuration;

/// <summary>What a configuration file says, table by table.</summary>
internal sealed class ConfigurationFile
{
    /// <summary>Read when it is there and no other is named.</summary>
    internal const string DefaultPath = "/etc/netmapcuse.conf";

    private readonly IReadOnlyList<ConfigurationSection> _sections;

    private ConfigurationFile(IReadOnlyList<ConfigurationSection> sections) => _sections = sections;

    /// <summary>No file.</summary>
    internal static ConfigurationFile Empty { get; } = Parse(string.Empty, string.Empty);

    /// <summary>What comes before the first table.</summary>
    internal ConfigurationSection General => _sections[0];

    internal IEnumerable<ConfigurationSection> Devices => All(ConfigurationSchema.Device);

    internal IEnumerable<ConfigurationSection> Persistent => All(ConfigurationSchema.Persistent);

    internal IEnumerable<ConfigurationSection> Attachments => All(ConfigurationSchema.Attach);

    /// <summary>Reads a file; what cannot be understood is told with its line.</summary>
    internal static ConfigurationFile Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new SettingException($"{path} cannot be read: {unreadable.Message}");
        }
    }

    internal static ConfigurationFile Parse(string text, string path) => new(ConfigurationText.Parse(text, path));

    /// <summary>The table of this name for all devices, or the one that follows a device; null for none.</summary>
    internal ConfigurationSection? TableOf(ConfigurationSection? device, string name)
    {
        if (device is null)
        {
            return All(name).FirstOrDefault();
        }

        string full = ConfigurationSchema.Device + "." + name;
        return _sections.SkipWhile(section => section != device).Skip(1)
            .TakeWhile(static section => section.Name != ConfigurationSchema.Device)
            .FirstOrDefault(section => section.Name == full);
    }

    private IEnumerable<ConfigurationSection> All(string name) => _sections.Skip(1).Where(section => section.Name == name);
}

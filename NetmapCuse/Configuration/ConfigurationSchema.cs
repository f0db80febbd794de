namespace NetmapCuse.Configuration;

/// <summary>Which tables the configuration may have, and which keys in them.</summary>
internal static class ConfigurationSchema
{
    internal const string Device = "device";
    internal const string Persistent = "persistent";
    internal const string Attach = "attach";
    internal const string Parameters = "parameters";
    internal const string Interfaces = "interfaces";
    internal const string DeviceParameters = Device + "." + Parameters;
    internal const string DeviceInterfaces = Device + "." + Interfaces;

    /// <summary>What can be said of one device, and before the first table of all.</summary>
    private static readonly Dictionary<string, ValueKind> s_deviceKeys = new(StringComparer.Ordinal)
    {
        ["door"] = ValueKind.Text,
        ["mode"] = ValueKind.Text,
        ["owner"] = ValueKind.Text,
        ["group"] = ValueKind.Text,
        ["arena-size"] = ValueKind.Text,
        ["hugepages"] = ValueKind.YesNo,
    };

    private static readonly Dictionary<string, Dictionary<string, ValueKind>> s_tables = new(StringComparer.Ordinal)
    {
        [""] = new(s_deviceKeys, StringComparer.Ordinal)
        {
            ["transport"] = ValueKind.Text,
            ["spin-us"] = ValueKind.Number,
            ["verbose"] = ValueKind.YesNo,
            ["run-dir"] = ValueKind.Text,
            ["shared-switches"] = ValueKind.Texts,
            ["vhost-user"] = ValueKind.Texts,
            ["vfio"] = ValueKind.Texts,
            ["vfio-in-use"] = ValueKind.YesNo,
        },
        [Device] = new(s_deviceKeys, StringComparer.Ordinal) { ["path"] = ValueKind.Text },
        [Persistent] = new(StringComparer.Ordinal)
        {
            ["name"] = ValueKind.Text,
            ["switch"] = ValueKind.Text,
            ["device"] = ValueKind.Text,
            ["tx-rings"] = ValueKind.Number,
            ["rx-rings"] = ValueKind.Number,
            ["tx-slots"] = ValueKind.Number,
            ["rx-slots"] = ValueKind.Number,
        },
        [Attach] = new(StringComparer.Ordinal)
        {
            ["interface"] = ValueKind.Text,
            ["switch"] = ValueKind.Text,
            ["host"] = ValueKind.YesNo,
            ["device"] = ValueKind.Text,
        },
    };

    /// <summary>Tables whose keys are names that somebody else gives.</summary>
    private static readonly Dictionary<string, ValueKind> s_freeTables = new(StringComparer.Ordinal)
    {
        [Parameters] = ValueKind.Number,
        [DeviceParameters] = ValueKind.Number,
        [Interfaces] = ValueKind.TextOrTexts,
        [DeviceInterfaces] = ValueKind.TextOrTexts,
    };

    /// <summary>Tables that may come several times: [[device]].</summary>
    internal static bool Repeats(string table) => table is Device or Persistent or Attach;

    internal static bool HasTable(string table) => s_tables.ContainsKey(table) || s_freeTables.ContainsKey(table);

    internal static string Tables => string.Join(", ", s_tables.Keys.Where(static name => name.Length > 0).Concat(s_freeTables.Keys));

    /// <summary>What a key takes; null when there is no such key.</summary>
    internal static ValueKind? Find(string table, string key) => s_freeTables.TryGetValue(table, out ValueKind free)
        ? free
        : s_tables[table].TryGetValue(key, out ValueKind kind) ? kind : null;

    internal static string Keys(string table) => string.Join(", ", s_tables[table].Keys);
}

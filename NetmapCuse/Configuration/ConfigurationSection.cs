namespace NetmapCuse.Configuration;

/// <summary>A table of the configuration: what it says, each with its line.</summary>
/// <param name="Name">"" for what comes before the first table, else "device", "device.parameters" ...</param>
/// <param name="Source">File and line.</param>
/// <param name="Values">Keys with one value.</param>
/// <param name="Lists">Keys with a list.</param>
internal sealed record ConfigurationSection(
    string Name, string Source, IReadOnlyDictionary<string, Given> Values, IReadOnlyDictionary<string, IReadOnlyList<Given>> Lists)
{
    /// <summary>The value of a key, or null.</summary>
    internal Given? Find(string key) => Values.TryGetValue(key, out Given given) ? given : null;

    /// <summary>The value of a key that has to be there.</summary>
    internal Given Require(string key) =>
        Find(key) ?? throw new SettingException($"{Source}: [[{Name}]] needs a {key}");

    internal bool Says(string key) => Find(key)?.Text == "true";
}

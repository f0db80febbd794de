namespace NetmapCuse.Configuration;

/// <summary>
/// Which interfaces programs of which users may take over: the tables [interfaces] and [device.interfaces]. A key is a user, or *
/// for all others; its value is "none", "all", or a list of names, where a star at the end stands for anything. Without a table
/// everybody may take everything who may open the device; with one, root may, and others have what it says.
/// </summary>
internal sealed class InterfaceRules
{
    private const string Others = "*";
    private const string None = "none";
    private const string All = "all";
    private const uint Root = 0;

    private readonly Dictionary<uint, IReadOnlyList<string>> _users = [];
    private readonly IReadOnlyList<string> _others;

    private InterfaceRules(IReadOnlyList<string> others) => _others = others;

    /// <summary>No rules: everything is for everybody.</summary>
    internal static InterfaceRules Unlimited { get; } = new([Others]);

    internal static InterfaceRules From(ConfigurationSection section)
    {
        InterfaceRules rules = new(section.Values.ContainsKey(Others) || section.Lists.ContainsKey(Others)
            ? NamesOf(section, Others)
            : []);
        rules._users[Root] = [Others];
        foreach (string user in section.Values.Keys.Concat(section.Lists.Keys).Where(static user => user != Others))
        {
            rules._users[Accounts.UserId(new Given(user, section.Source + ": interfaces of"))] = NamesOf(section, user);
        }

        return rules;
    }

    /// <summary>A user's programs may take over this interface, or attach it to a switch.</summary>
    internal bool Allow(uint userId, string interfaceName) =>
        _users.GetValueOrDefault(userId, _others).Any(pattern => pattern.EndsWith('*')
            ? interfaceName.AsSpan().StartsWith(pattern.AsSpan()[..^1], StringComparison.Ordinal)
            : interfaceName == pattern);

    private static IReadOnlyList<string> NamesOf(ConfigurationSection section, string user)
    {
        if (section.Lists.TryGetValue(user, out IReadOnlyList<Given>? names))
        {
            return [.. names.Select(static name => name.Text)];
        }

        Given word = section.Values[user];
        return word.Text switch
        {
            None => [],
            All => [Others],
            _ => throw word.Fault("give \"none\", \"all\" or a list of interfaces"),
        };
    }
}

using System.Globalization;

namespace NetmapCuse.Configuration;

/// <summary>A port that is made or attached when the daemon starts: a table [[persistent]] or [[attach]].</summary>
internal sealed record PortSettings
{
    /// <summary>For messages.</summary>
    internal required string Source { get; init; }

    /// <summary>The device file that it belongs to; null for the first one.</summary>
    internal required string? Device { get; init; }

    /// <summary>The persistent port or the interface.</summary>
    internal required string Name { get; init; }

    /// <summary>The switch that it is attached to; null for none.</summary>
    internal required string? Switch { get; init; }

    /// <summary>A persistent port, which has to be made; else an interface that exists.</summary>
    internal required bool IsPersistent { get; init; }

    /// <summary>With the host stack.</summary>
    internal bool WithHost { get; init; }

    /// <summary>Wishes for a persistent port.</summary>
    internal uint TxSlots { get; init; }

    internal uint RxSlots { get; init; }

    internal ushort TxRings { get; init; }

    internal ushort RxRings { get; init; }

    /// <summary>"vale0:eth1".</summary>
    internal string SwitchPort => $"{Switch}:{Name}";

    /// <summary>The same port in two versions of the configuration, wherever the lines are.</summary>
    internal PortSettings WithoutSource => this with { Source = string.Empty };

    internal static PortSettings Persistent(ConfigurationSection section) => new()
    {
        Source = section.Source,
        Device = section.Find("device")?.Text,
        Name = NameFrom(section, "name"),
        Switch = SwitchFrom(section.Find("switch")),
        IsPersistent = true,
        TxSlots = Number(section, "tx-slots", uint.MaxValue),
        RxSlots = Number(section, "rx-slots", uint.MaxValue),
        TxRings = (ushort)Number(section, "tx-rings", ushort.MaxValue),
        RxRings = (ushort)Number(section, "rx-rings", ushort.MaxValue),
    };

    internal static PortSettings Attachment(ConfigurationSection section) => new()
    {
        Source = section.Source,
        Device = section.Find("device")?.Text,
        Name = NameFrom(section, "interface"),
        Switch = SwitchFrom(section.Require("switch")),
        IsPersistent = false,
        WithHost = section.Says("host"),
    };

    /// <summary>IFNAMSIZ, and no character that separates names.</summary>
    private static string NameFrom(ConfigurationSection section, string key)
    {
        Given name = section.Require(key);
        return name.Text.Length is > 0 and < 16 && !name.Text.AsSpan().ContainsAny(" /:{}")
            ? name.Text
            : throw name.Fault("give the name of an interface, 15 characters at most");
    }

    private static string? SwitchFrom(Given? given) => given is not { } name
        ? null
        : name.Text.StartsWith("vale", StringComparison.Ordinal) && name.Text.Length < 16 && name.Text.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? name.Text
            : throw name.Fault("give the name of a switch, such as vale0");

    private static uint Number(ConfigurationSection section, string key, uint most) => section.Find(key) is not { } number
        ? 0
        : uint.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) && value <= most
            ? value
            : throw number.Fault(string.Create(CultureInfo.InvariantCulture, $"give 0 to {most}"));
}

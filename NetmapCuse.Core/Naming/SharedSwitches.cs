using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Naming;

/// <summary>The names of switches that all network namespaces share.</summary>
/// <param name="patterns">Names; with a star at the end, all names that start so.</param>
internal sealed class SharedSwitches(IReadOnlyList<string> patterns)
{
    /// <summary>The port, or switch, of this name is, or would be, on a shared switch.</summary>
    internal bool Has(string name)
    {
        if (patterns.Count == 0 || !PortName.IsVale(name))
        {
            return false;
        }

        int colon = name.IndexOf(':', StringComparison.Ordinal);
        string switchName = colon >= 0 ? name[..colon] : name;
        return patterns.Any(pattern => pattern.EndsWith('*')
            ? switchName.AsSpan().StartsWith(pattern.AsSpan()[..^1], StringComparison.Ordinal)
            : switchName == pattern);
    }

    /// <summary>A name that a switch can have, or the beginning of one and a star.</summary>
    internal static bool IsPattern(string text)
    {
        string name = text.EndsWith('*') ? text[..^1] : text;
        return name.StartsWith(PortName.StrictValePrefix, StringComparison.Ordinal)
            && PortName.TrySplitVale(name + ":", out string switchName, out _) && switchName == name;
    }
}

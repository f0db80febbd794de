namespace NetmapCuse.Core.Ports;

/// <summary>How nr_name is read (reference/netmap-abi.md section 8.1). The "netmap:" prefix and suffixes never get here.</summary>
internal static class PortName
{
    /// <summary>Names that start so are VALE names, whatever follows.</summary>
    internal const string ValePrefix = "val";

    /// <summary>What VALE_LIST and requests that know the switch type insist on.</summary>
    internal const string StrictValePrefix = "vale";

    /// <summary>The colon has to be one of the first 16 characters; colon and port name have at most 16.</summary>
    private const int SwitchPartMax = 16;

    internal static bool IsVale(string name) => name.StartsWith(ValePrefix, StringComparison.Ordinal);

    /// <summary>
    /// Splits at the last opening brace, else at the last closing one: "parent{id" is the master, "parent}id" the slave.
    /// </summary>
    internal static bool IsPipe(string name, out string parent, out string id, out bool isMaster)
    {
        int brace = name.LastIndexOf('{');
        isMaster = brace >= 0;
        brace = isMaster ? brace : name.LastIndexOf('}');
        parent = brace >= 0 ? name[..brace] : name;
        id = brace >= 0 ? name[(brace + 1)..] : string.Empty;
        return brace >= 0;
    }

    /// <summary>Splits "vale0:a" into switch and port. The port part may be empty.</summary>
    internal static bool TrySplitVale(string name, out string switchName, out string portName)
    {
        int colon = name.AsSpan(0, Math.Min(name.Length, SwitchPartMax)).IndexOf(':');
        switchName = colon >= 0 ? name[..colon] : name;
        portName = colon >= 0 ? name[(colon + 1)..] : string.Empty;
        return colon >= 0
            && name.Length - colon <= SwitchPartMax
            && switchName.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
    }
}

namespace NetmapCuse.Configuration;

/// <summary>A setting as somebody gave it, and where: an option of the command line, or a line of the configuration.</summary>
/// <param name="Text">The value.</param>
/// <param name="Source">"--mode", or "/etc/netmapcuse.conf:7: mode".</param>
internal readonly record struct Given(string Text, string Source)
{
    /// <summary>One line: where, what, and what to give instead.</summary>
    internal SettingException Fault(string remedy) => new($"{Source} {Text}: {remedy}");
}

namespace NetmapCuse.Configuration;

/// <summary>A module parameter as somebody gave it.</summary>
/// <param name="Name">Its name, such as bridge_batch.</param>
/// <param name="Value">Its value, as text.</param>
/// <param name="Source">"--set bridge_batch=256", or "/etc/netmapcuse.conf:7: bridge_batch = 256".</param>
internal readonly record struct GivenParameter(string Name, string Value, string Source)
{
    /// <summary>NAME=VALUE of the command line.</summary>
    internal static GivenParameter FromOption(string text)
    {
        string[] parts = text.Split('=', 2);
        return parts.Length == 2
            ? new GivenParameter(parts[0], parts[1], $"--set {text}")
            : throw new SettingException($"--set {text}: give NAME=NUMBER");
    }

    internal SettingException Fault(string remedy) => new($"{Source}: {remedy}");
}

namespace NetmapCuse.Core.Ports;

/// <summary>The network interfaces of the host, as far as naming rules need them.</summary>
public interface IHostInterfaces
{
    /// <summary>An interface of exactly this name exists.</summary>
    bool Exists(string name);
}

/// <summary>The interfaces of the daemon's own network namespace, from sysfs.</summary>
public sealed class SysfsInterfaces : IHostInterfaces
{
    public bool Exists(string name) =>
        name.Length is > 0 and < 16 && !name.Contains('/', StringComparison.Ordinal) && name is not ("." or "..")
        && Directory.Exists($"/sys/class/net/{name}");
}

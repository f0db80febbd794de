using NetmapCuse.Core.Clients;

namespace NetmapCuse.Core.Ports;

/// <summary>The network interfaces of the machine, as far as naming rules need them.</summary>
internal interface IHostInterfaces
{
    /// <summary>An interface of exactly this name exists in a network namespace; false where that cannot be told.</summary>
    bool Exists(string name, CallerPlace place);
}

/// <summary>The interfaces of the daemon's own network namespace, from sysfs.</summary>
internal sealed class SysfsInterfaces : IHostInterfaces
{
    public bool Exists(string name, CallerPlace place) =>
        place.IsOwn && name.Length is > 0 and < 16 && !name.Contains('/', StringComparison.Ordinal) && name is not ("." or "..")
        && Directory.Exists($"/sys/class/net/{name}");
}

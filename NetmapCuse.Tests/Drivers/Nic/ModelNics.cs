using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Ports;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>The NICs of a rig, by name.</summary>
internal sealed class ModelNics : IAdapterFactory, IHostInterfaces
{
    private readonly Dictionary<string, DrivenNic> _nics = new(StringComparer.Ordinal);

    internal void Add(DrivenNic nic) => _nics.Add(nic.Name, nic);

    public int IndexOf(string name, CallerPlace place) => Array.IndexOf([.. _nics.Keys], name) + 1;

    public int TryCreate(string name, AdapterSettings settings, out IAdapter? adapter)
    {
        adapter = _nics.TryGetValue(name, out DrivenNic? nic) ? new NicAdapter(nic) : null;
        return adapter is null ? Errno.OpNotSupp : Errno.Ok;
    }
}

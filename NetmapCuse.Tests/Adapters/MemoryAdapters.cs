using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Tests.Adapters;

/// <summary>Interfaces that exist in memory only: which ones, a test says.</summary>
internal sealed class MemoryAdapters : IAdapterFactory, IHostInterfaces
{
    private readonly Dictionary<string, MemoryAdapter> _adapters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly SysfsInterfaces _real = new();

    /// <summary>Far from those of real interfaces.</summary>
    private int _lastIndex = 1_000_000;

    /// <summary>The settings that the last adapter was asked for with.</summary>
    internal AdapterSettings LastSettings { get; private set; } = new();

    /// <summary>The adapter that was made last for a name; a port that ends takes it with it, the next one gets a new one.</summary>
    internal MemoryAdapter this[string name] => _adapters[name].IsDisposed ? Add(name, _adapters[name].Properties) : _adapters[name];

    internal MemoryAdapter Add(string name, AdapterProperties? properties = null)
    {
        if (!_adapters.ContainsKey(name))
        {
            _indexes[name] = ++_lastIndex;
        }

        return _adapters[name] = new MemoryAdapter(properties ?? MemoryAdapter.Usual);
    }

    /// <summary>The interface goes; who has it is told later, by <see cref="IAdapterEvents.Gone"/>.</summary>
    internal void Remove(string name)
    {
        _adapters[name].Later(static events => events.Gone());
        _adapters.Remove(name);
    }

    /// <summary>The interface is called otherwise from now on.</summary>
    internal void Rename(string name, string other)
    {
        _adapters.Remove(name, out MemoryAdapter? adapter);
        _adapters.Add(other, adapter!);
        _indexes.Remove(name, out int index);
        _indexes.Add(other, index);
    }

    public int IndexOf(string name, CallerPlace place) =>
        _adapters.ContainsKey(name) ? _indexes[name] : _real.IndexOf(name, place);

    public int TryCreate(string name, AdapterSettings settings, out IAdapter? adapter)
    {
        LastSettings = settings;
        adapter = _adapters.ContainsKey(name) ? this[name] : null;
        return adapter is null ? Errno.OpNotSupp
            : settings.Choice == AdapterChoice.Native && !adapter.Properties.IsNative ? Reject(out adapter)
            : Errno.Ok;
    }

    private static int Reject(out IAdapter? adapter)
    {
        adapter = null;
        return Errno.OpNotSupp;
    }
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Core.Naming;

/// <summary>
/// Who sees which ports: each network namespace has its own interfaces, persistent ports and switches, as with the kernel module,
/// and all see the shared switches. Control plane.
/// </summary>
internal sealed class PortScopes(SharedSwitches shared)
{
    /// <summary>
    /// By the namespace's number, with the namespace held open: else the kernel could give its number to another one while
    /// descriptors are still bound here.
    /// </summary>
    private readonly Dictionary<string, (PortScope Scope, Fd Held)> _others = new(StringComparer.Ordinal);

    private int _switchesMax = Limits.SwitchesMax;
    private PortScope _own = new(Limits.SwitchesMax);
    private PortScope _shared = new(Limits.SwitchesMax);

    internal IEnumerable<PortScope> All => [_own, _shared, .. _others.Values.Select(static other => other.Scope)];

    /// <summary>How many switches a namespace can have, and how many can be shared (max_bridges). Set before the first one.</summary>
    internal int SwitchesMax
    {
        get => _switchesMax;
        set
        {
            _switchesMax = value;
            _own = new PortScope(value);
            _shared = new PortScope(value);
        }
    }

    /// <summary>Where a name is looked up, or made, for a caller.</summary>
    internal PortScope Of(string name, CallerPlace place) => shared.Has(name) ? _shared : Of(place);

    /// <summary>Switches as VALE_LIST counts them: those of the caller's namespace, then the shared ones; null where there is none.</summary>
    internal List<ValeSwitch?> SwitchesSeenFrom(CallerPlace place) => [.. Of(place).Switches, .. _shared.Switches];

    /// <summary>Forgets namespaces without a port, at the end of whatever may have taken the last one.</summary>
    internal void DropEmpty()
    {
        foreach ((string id, (PortScope scope, Fd held)) in _others)
        {
            if (scope.IsEmpty)
            {
                _others.Remove(id);
                held.Dispose();
            }
        }
    }

    private PortScope Of(CallerPlace place)
    {
        if (place.IsOwn)
        {
            return _own;
        }

        if (!_others.TryGetValue(place.Id, out (PortScope Scope, Fd Held) other))
        {
            // Where it cannot be opened the caller is dying, and what it asked for goes with it.
            other = (new PortScope(_switchesMax), Libc.Open(place.Path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec, 0));
            _others.Add(place.Id, other);
        }

        return other.Scope;
    }
}

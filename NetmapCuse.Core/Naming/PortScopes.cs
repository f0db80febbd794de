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

    /// <summary>The caller's namespace is known and held open, until <see cref="DropEmpty"/> finds nothing in it.</summary>
    /// <returns>0, ENXIO for a namespace that is not known, ENOMEM when no descriptor is left to hold it.</returns>
    internal int TryEnter(CallerPlace? place)
    {
        if (place is not { } known)
        {
            return Errno.NxIo;
        }

        if (known.IsOwn || _others.ContainsKey(known.Id))
        {
            return Errno.Ok;
        }

        Fd held = Libc.Open(known.Path, OpenFlags.ReadOnly | OpenFlags.CloseOnExec, 0);
        if (held.IsInvalid)
        {
            held.Dispose();
            return Errno.NoMem;
        }

        _others.Add(known.Id, (new PortScope(_switchesMax), held));
        return Errno.Ok;
    }

    /// <summary>Of a namespace that was entered.</summary>
    private PortScope Of(CallerPlace place) => place.IsOwn ? _own : _others[place.Id].Scope;
}

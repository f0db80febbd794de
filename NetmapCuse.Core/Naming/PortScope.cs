using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Core.Naming;

/// <summary>
/// The ports and switches that the processes of one network namespace see, or those of the switches that all namespaces share
/// (reference/netmap-behaviour.md section 10.1). Control plane.
/// </summary>
internal sealed class PortScope
{
    private readonly Dictionary<string, Port> _ports = new(StringComparer.Ordinal);
    private readonly Dictionary<int, NicPort> _interfaces = [];
    private readonly ValeSwitch?[] _switches;

    /// <param name="switches">How many switches there can be.</param>
    internal PortScope(int switches) => _switches = new ValeSwitch?[switches];

    /// <summary>
    /// Ports by every name that finds them, pipe ends, null ports and interfaces apart: an attached persistent port has two, and of
    /// an attached interface its station on the switch is here.
    /// </summary>
    internal IReadOnlyDictionary<string, Port> Ports => _ports;

    /// <summary>
    /// Ports of interfaces, by the index that the interface has in this namespace: names go from one interface to another while
    /// programs run.
    /// </summary>
    internal IReadOnlyDictionary<int, NicPort> Interfaces => _interfaces;

    /// <summary>All ports; one with two names comes twice.</summary>
    internal IEnumerable<Port> All => _ports.Values.Concat(_interfaces.Values);

    /// <summary>Switches by index, null where there is none.</summary>
    internal IReadOnlyList<ValeSwitch?> Switches => _switches;

    internal bool IsEmpty => _ports.Count + _interfaces.Count == 0;

    internal ValeSwitch? FindSwitch(string name) => _switches.FirstOrDefault(one => one?.Name == name);

    internal void Add(string name, Port port) => _ports.Add(name, port);

    internal void Remove(string name) => _ports.Remove(name);

    internal void Add(int index, NicPort port) => _interfaces.Add(index, port);

    internal void Remove(int index) => _interfaces.Remove(index);

    /// <summary>
    /// The switch of this name, a new one where there is none, with room for so many ports more; null when there is no room.
    /// A new one is in the table only once a port has joined it.
    /// </summary>
    internal ValeSwitch? SwitchWithRoom(string name, int ports)
    {
        ValeSwitch? known = FindSwitch(name);
        int place = known?.Index ?? Array.IndexOf(_switches, null);
        ValeSwitch? found = known ?? (place >= 0 ? new ValeSwitch(name, place) : null);
        return found?.FreePlaces >= ports ? found : null;
    }

    internal void Join(ValePort port, ValeSwitch valeSwitch, string name)
    {
        _switches[valeSwitch.Index] = valeSwitch;
        port.JoinSwitch(valeSwitch, name);
    }

    /// <summary>Takes a port off its switch; an empty switch ends.</summary>
    internal void Leave(ValePort port)
    {
        if (port.LeaveSwitch() is { Active.Length: 0 } empty)
        {
            _switches[empty.Index] = null;
        }
    }
}

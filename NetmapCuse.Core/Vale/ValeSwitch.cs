using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// A VALE switch: ports by index, and where addresses were seen. Lives from its first to its last port. Ports come and go
/// under the control plane's lock; senders read the two arrays as they stand.
/// </summary>
internal sealed class ValeSwitch
{
    /// <summary>In place of a port index: to all ports but the sender.</summary>
    internal const int Flood = 254;

    /// <summary>In place of a port index: to nobody; also VALE_LIST's "no such port".</summary>
    internal const int NoPort = 255;

    private readonly ValePort?[] _ports = new ValePort?[Limits.SwitchPortsMax];
    private readonly Stack<int> _freeIndexes = new(Enumerable.Range(0, Limits.SwitchPortsMax).Reverse());
    private volatile ValePort[] _active = [];

    internal ValeSwitch(string name, int index)
    {
        Name = name;
        Index = index;
    }

    /// <summary>"vale0".</summary>
    internal string Name { get; }

    /// <summary>Position in the table of switches (nr_bridge_idx).</summary>
    internal int Index { get; }

    internal MacTable Addresses { get; } = new();

    /// <summary>All ports, in no particular order: a snapshot that senders walk.</summary>
    internal ValePort[] Active => _active;

    internal int FreePlaces => _freeIndexes.Count;

    internal bool IsFull => _freeIndexes.Count == 0;

    /// <summary>The port with this index, or null.</summary>
    internal ValePort? this[int index] => (uint)index < (uint)_ports.Length ? Volatile.Read(ref _ports[index]) : null;

    /// <summary>Adds a port at the index that was freed last, else at the lowest that was never used.</summary>
    internal int Add(ValePort port)
    {
        int index = _freeIndexes.Pop();
        Volatile.Write(ref _ports[index], port);
        _active = [.. _active, port];
        return index;
    }

    internal void Remove(ValePort port)
    {
        Volatile.Write(ref _ports[port.Index], null);
        _active = [.. _active.Where(other => other != port)];
        Addresses.Forget(port.Index);
        _freeIndexes.Push(port.Index);
    }
}

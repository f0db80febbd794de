using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Pipes;

/// <summary>
/// A netmap pipe: two ends in the region of a parent port, TX ring i of one connected to RX ring i of the other. Lives
/// from the first request for either end until both are closed; keeps its parent alive meanwhile.
/// </summary>
internal sealed class Pipe : IPipe
{
    private readonly Port _parent;
    private readonly string _id;
    private int _openEnds;

    /// <param name="parent">The port whose region the pipe uses.</param>
    /// <param name="id">Any non-empty string.</param>
    /// <param name="rings">Rings and slots of the master; the slave has them crossed over.</param>
    internal Pipe(Port parent, string id, PortRings rings)
    {
        _parent = parent;
        _id = id;
        Master = new PipePort(this, $"{parent.Name}{{{id}", rings, parent.Region);
        Slave = new PipePort(this, $"{parent.Name}}}{id}", Cross(rings), parent.Region);
        parent.AddReference();
        parent.Pipes.Add(id, this);
    }

    internal PipePort Master { get; }

    internal PipePort Slave { get; }

    /// <summary>Rings and slots of the master for a request: absent numbers are 1 ring and the parent's slots.</summary>
    internal static PortRings MasterRings(PortRings requested, PortRings parent) => new(
        Math.Clamp(requested.Tx, 1, Limits.PipeRingsMax),
        Math.Clamp(requested.Rx, 1, Limits.PipeRingsMax),
        Slots(requested.TxSlots, parent.TxSlots),
        Slots(requested.RxSlots, parent.RxSlots));

    internal static PortRings Cross(PortRings rings) => new(rings.Rx, rings.Tx, rings.RxSlots, rings.TxSlots);

    public Port End(bool isMaster) => isMaster ? Master : Slave;

    /// <summary>The end at the other side.</summary>
    internal PipePort PeerOf(PipePort end) => end == Master ? Slave : Master;

    /// <summary>An end got its first binding: the krings of both are needed from now on.</summary>
    internal void OpenEnd()
    {
        if (_openEnds++ == 0)
        {
            Master.Connect();
            Slave.Connect();
        }
    }

    /// <summary>An end lost its last binding. What is under way stays for a reader until both are closed.</summary>
    internal void CloseEnd()
    {
        if (--_openEnds == 0)
        {
            Master.Disconnect();
            Slave.Disconnect();
        }
    }

    /// <summary>The last reference to an end is gone; with the other's gone, too, the pipe ends.</summary>
    internal void DropEnd()
    {
        if (!Master.IsReferenced && !Slave.IsReferenced)
        {
            _parent.Pipes.Remove(_id);
            _parent.DropReference();
        }
    }

    private static uint Slots(uint requested, uint parent) =>
        Math.Clamp(requested != 0 ? requested : parent, 1, Limits.PipeSlotsMax);
}

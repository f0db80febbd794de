using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// A virtual machine as a station of a switch: a port whose rings are the guest's own. It is on its switch whether the guest is
/// there or not. What the guest sends is forwarded by one thread, the port's own, which also opens and closes the rings; what it
/// receives is copied into its buffers by the threads of those who send. No program can bind it.
/// </summary>
internal sealed unsafe class GuestPort : ValePort, IDisposable
{
    private const uint HeaderDefault = 12;

    private readonly Forwarder _forwarder = new();
    private readonly ValeParameters _parameters;
    private readonly GuestReceive[] _receive;
    private readonly GuestTransmit[] _transmit;

    /// <summary>Rings that frames go to: those of pairs that run, by number.</summary>
    private volatile GuestReceive[] _open = [];

    /// <param name="name">On the switch: "vale0:vm1".</param>
    /// <param name="pairs">Queue pairs that the guest may have.</param>
    /// <param name="region">Any; a guest has memory of its own.</param>
    /// <param name="parameters">bridge_batch.</param>
    /// <param name="ended">Told when the last reference is gone.</param>
    internal GuestPort(string name, uint pairs, Region region, ValeParameters parameters, Action<ValePort> ended)
        : base(name, new PortRings(pairs, pairs, Limits.ValeSlotsDefault, Limits.ValeSlotsDefault), region, parameters, ended)
    {
        _parameters = parameters;
        _receive = [.. Enumerable.Range(0, (int)pairs).Select(static _ => new GuestReceive())];
        _transmit = [.. Enumerable.Range(0, (int)pairs).Select(static _ => new GuestTransmit())];
        SetVnetHeader(HeaderDefault);
        IsOwnedBySwitch = true;
    }

    internal int Pairs => _receive.Length;

    /// <summary>Rings that the guest receives on, running or not.</summary>
    internal IReadOnlyList<GuestReceive> Receivers => _receive;

    /// <summary>Rings that the guest sends on, running or not.</summary>
    internal IReadOnlyList<GuestTransmit> Transmitters => _transmit;

    /// <summary>What the guest and its front-end are, for status views; null while nobody is connected.</summary>
    internal GuestStatus? Status { get; set; }

    internal override (RingCounters Tx, RingCounters Rx) Totals()
    {
        (RingCounters tx, RingCounters rx) = base.Totals();
        foreach (GuestTransmit ring in _transmit)
        {
            tx.Add(ring.Counters);
        }

        foreach (GuestReceive ring in _receive)
        {
            rx.Add(ring.Counters);
        }

        return (tx, rx);
    }

    /// <summary>Frames go to this ring from now on. The port's thread.</summary>
    internal void OpenReceive(int pair, Virtqueue queue, VirtioFeatures features)
    {
        _receive[pair].Open(queue, features, HeaderBytes);
        _open = [.. _receive.Where(static ring => ring.Queue is not null)];
    }

    /// <summary>No frame goes to this ring any more, and nobody is at it. The port's thread.</summary>
    /// <returns>The ring, if it ran.</returns>
    internal Virtqueue? CloseReceive(int pair)
    {
        Virtqueue? queue = _receive[pair].Close();
        _open = [.. _receive.Where(static ring => ring.Queue is not null)];
        return queue;
    }

    /// <summary>Delivers what somebody sends to the guest. Any thread.</summary>
    /// <returns>Packets that ask for something nobody knows.</returns>
    internal uint Deliver(Fragment* fragments, in PacketList a, in PacketList b, uint sourceHeader, uint sourceRing)
    {
        GuestReceive[] open = _open;
        if (open.Length == 0)
        {
            _receive[0].CountNoRoom(a.Packets + b.Packets);
            return 0;
        }

        return open[sourceRing % (uint)open.Length].Deliver(fragments, a, b, sourceHeader);
    }

    /// <summary>Forwards what the guest has put on a ring, up to a batch. The port's thread.</summary>
    /// <returns>True when there was something.</returns>
    internal bool Serve(int pair)
    {
        GuestTransmit ring = _transmit[pair];
        return ring.Queue is { } queue && queue.Available() != 0
            && _forwarder.Forward(this, ring, queue, (uint)pair, _parameters.BridgeBatch);
    }

    /// <summary>Forwards a frame in the guest's name. The port's thread.</summary>
    internal void Send(ReadOnlySpan<byte> frame) => _forwarder.Forward(this, _transmit[0], frame);

    /// <summary>No ring runs, and no sender finds the port any more.</summary>
    public void Dispose()
    {
        _forwarder.Dispose();
        foreach (GuestTransmit ring in _transmit)
        {
            ring.Dispose();
        }

        foreach (GuestReceive ring in _receive)
        {
            ring.Dispose();
        }
    }
}

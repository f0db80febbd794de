using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// A port of a VALE switch. All forwarding is done in the sender's TX sync; a receive sync only moves indexes. Sending
/// never blocks: what finds no room at a receiver is dropped there.
/// </summary>
internal class ValePort : Port
{
    /// <summary>A frame without VLAN tag and check sum: what segments are cut to unless the port ever had a virtio-net header.</summary>
    private const uint FrameBytes = 1514;

    private readonly ValeParameters _parameters;
    private readonly Action<ValePort> _ended;
    private Forwarder[] _forwarders = [];
    private volatile uint _headerBytes;

    /// <param name="name">The full name, "vale0:a".</param>
    /// <param name="rings">Rings and slots, cut to the limits.</param>
    /// <param name="region">Where its rings lie.</param>
    /// <param name="parameters">bridge_batch.</param>
    /// <param name="ended">Told when the last reference is gone.</param>
    internal ValePort(string name, PortRings rings, Region region, ValeParameters parameters, Action<ValePort> ended)
        : base(name, rings, region)
    {
        _parameters = parameters;
        _ended = ended;
        SwitchName = name;
        region.AddReference();
    }

    /// <summary>The switch, or null for a port that is on none: then whatever is sent goes nowhere.</summary>
    internal ValeSwitch? Switch { get; private set; }

    /// <summary>The name that the switch knows: a persistent port has one of its own there ("vale0:v1" for v1).</summary>
    internal string SwitchName { get; private set; }

    /// <summary>The network interface that a persistent port shows the host; null for others.</summary>
    internal IPersistentInterface? Interface { get; init; }

    /// <summary>What a persistent port is of those that its user may have.</summary>
    internal QuotaClaim? Claim { get; set; }

    /// <summary>Made for the pipes on it, and gone with them: DELIF does not take it.</summary>
    internal bool IsImplicit { get; init; }

    private protected override PortKind Kind => PortKind.Vale;

    internal override bool MayChangeRegion => Interface is not null && Bindings == 0 && Pipes.Count == 0;

    /// <summary>What polling mode was set to on the interface behind the port; null for off, and for ports that have none.</summary>
    internal Polling? Polling { get; set; }

    internal override uint VnetHeaderLength => _headerBytes;

    /// <summary>Length of the virtio-net header in front of frames from and to the program: 0, 10 or 12. It may change at any time.</summary>
    internal uint HeaderBytes => _headerBytes;

    /// <summary>Bytes of the longest segment that is made for this port; longer frames that need no work pass all the same.</summary>
    internal uint MaxFrame { get; private set; } = FrameBytes;

    internal override bool SupportsOffsets => true;

    /// <summary>The station by which a persistent port is on a second switch, and which has its rings then; else null.</summary>
    internal AttachedPort? SecondStation { get; set; }

    /// <summary>Index on the switch.</summary>
    internal int Index { get; private set; } = ValeSwitch.NoPort;

    /// <summary>Sets the length of the virtio-net header. Any header raises the frame size for good. Control plane.</summary>
    internal void SetVnetHeader(uint length)
    {
        if (length != 0)
        {
            MaxFrame = Region.Layout.Buffer.ObjectSize;
        }

        _headerBytes = length;
        SecondStation?.SetVnetHeader(length);
    }

    /// <param name="valeSwitch">The switch; it has a free index.</param>
    /// <param name="name">What it is called there.</param>
    internal void JoinSwitch(ValeSwitch valeSwitch, string name)
    {
        SwitchName = name;
        Index = valeSwitch.Add(this);
        Switch = valeSwitch;
    }

    /// <summary>Leaves the switch; returns it, or null when there was none.</summary>
    internal ValeSwitch? LeaveSwitch()
    {
        ValeSwitch? left = Switch;
        left?.Remove(this);
        Switch = null;
        Index = ValeSwitch.NoPort;
        SwitchName = Name;
        return left;
    }

    internal override bool ReadsIndirectSlots => true;

    internal override bool TxSync(Kring ring)
    {
        uint head = ring.Indexes.RHead;
        if (head != ring.Indexes.HwCur)
        {
            _forwarders[ring.Index].Forward(this, ring, head, _parameters.BridgeBatch);
            ring.Indexes.HwCur = head;
        }

        ring.Indexes.HwTail = RingWindow.Previous(head, ring.NumSlots);
        return true;
    }

    private protected override uint TxSwitched(Kring ring, uint tail)
    {
        Forward(ring, ring.Index, tail);
        ring.Indexes.RHead = tail;
        return tail;
    }

    internal override bool RxSync(Kring ring)
    {
        Volatile.Write(ref ring.Indexes.HwCur, ring.Indexes.RHead);
        return true;
    }

    /// <summary>Nothing that others do changes a TX ring, it is never full after a sync.</summary>
    internal override bool HasNews(Kring ring) => ring.Direction == RingDirection.Rx && base.HasNews(ring);

    internal override void AddBinding()
    {
        base.AddBinding();
        if (Bindings == 1)
        {
            CreateForwarders();
        }
    }

    internal override void DropBinding()
    {
        if (Bindings == 1)
        {
            DisposeForwarders();
        }

        base.DropBinding();
    }

    /// <summary>Sends the slots from hwcur up to <paramref name="head"/> to the switch.</summary>
    /// <param name="source">The ring.</param>
    /// <param name="forwarder">Which forwarder, by position of the ring among those that send.</param>
    /// <param name="head">The first slot that is not sent.</param>
    private protected void Forward(Kring source, uint forwarder, uint head) =>
        _forwarders[forwarder].Forward(this, source, head, _parameters.BridgeBatch);

    /// <summary>One for each sending ring.</summary>
    private protected void CreateForwarders() => _forwarders = [.. Tx.Select(_ => new Forwarder())];

    private protected void DisposeForwarders()
    {
        foreach (Forwarder forwarder in _forwarders)
        {
            forwarder.Dispose();
        }

        _forwarders = [];
    }

    internal override int CreateRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        int error = Bindings == 1 && rx.Length != 0 && Interface is not null
            ? MtuRule.Check(
                Interface.Mtu, Region.Layout.Buffer.ObjectSize, MtuRule.ReceiveBufferDefault, splitsFrames: true)
            : Errno.Ok;
        return error != Errno.Ok ? error : base.CreateRings(rx, tx);
    }

    protected override void StartRing(Kring ring)
    {
        if (ring.IsStopped && ring.Direction == RingDirection.Rx)
        {
            ring.ExchangesBuffers = _parameters.ZeroCopy;
            ring.OpenGate();
        }

        base.StartRing(ring);
    }

    protected override void StopRing(Kring ring)
    {
        if (!ring.IsStopped && ring.Direction == RingDirection.Rx)
        {
            ring.CloseGate();
        }

        base.StopRing(ring);
    }

    protected override void OnEnded()
    {
        _ended(this);
        Region.DropReference();
    }
}

/// <summary>The module parameters that the switch looks at while it forwards.</summary>
internal sealed class ValeParameters
{
    /// <summary>bridge_batch: slots handled at a time, at most 1024; 0 or less makes every packet vanish.</summary>
    internal int BridgeBatch { get; set; } = Abi.Netmap.Limits.BatchMax;

    /// <summary>
    /// vale_zerocopy: ports that are bound from now on receive unicast frames of other ports of their region by an
    /// exchange of buffers. Not netmap's: senders have to expect NS_BUF_CHANGED.
    /// </summary>
    internal bool ZeroCopy { get; set; }
}

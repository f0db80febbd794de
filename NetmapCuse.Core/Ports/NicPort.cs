using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using Serilog;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// A network interface as a port: krings over what a driver's <see cref="IAdapter"/> moves, host rings behind the NIC rings, and
/// transparent forwarding between both (reference/netmap-behaviour.md sections 7 and 8).
/// </summary>
internal sealed partial class NicPort : Port, IAdapterEvents
{
    private const uint HostRingsMax = 16;

    /// <summary>What comes on top of the MTU: Ethernet header and a VLAN tag.</summary>
    private const uint FrameHeaderMax = 18;

    private readonly IAdapter _adapter;
    private readonly Tunables _tunables;
    private readonly ILogger _log;
    private readonly Action<NicPort> _ended;
    private ITransmitQueue?[] _transmit = [];
    private IReceiveQueue?[] _receive = [];
    private bool _isOpen;
    private volatile bool _isGone;

    /// <param name="name">The interface.</param>
    /// <param name="adapter">Its driver; ends with the port.</param>
    /// <param name="region">Where its rings lie unless a request names another region.</param>
    /// <param name="tunables">fwd.</param>
    /// <param name="log">Where link changes and loss of the interface are told.</param>
    /// <param name="ended">Told when the last reference is gone.</param>
    internal NicPort(
        string name, IAdapter adapter, Region region, Tunables tunables, ILogger log, Action<NicPort> ended)
        : base(name, adapter.Properties.Rings, region)
    {
        _adapter = adapter;
        _tunables = tunables;
        _log = log;
        _ended = ended;
        region.AddReference();
        UseHostRings(0, 0);
    }

    private protected override PortKind Kind => PortKind.Interface;

    internal override bool MayChangeRegion => Bindings == 0 && Pipes.Count == 0;

    internal override bool ReceivesInSync => true;

    internal override bool SupportsOffsets => true;

    /// <summary>The longest frame, or as much of it as a driver receives into one buffer, has to fit behind the offset.</summary>
    internal override uint OffsetMax(Kring ring)
    {
        uint bufferSize = base.OffsetMax(ring);
        bool receives = ring is { Direction: RingDirection.Rx, IsHost: false };
        return receives ? bufferSize - Math.Min(_adapter.Properties.Mtu + FrameHeaderMax, bufferSize) : bufferSize;
    }

    /// <summary>The interface does not exist any more.</summary>
    internal bool IsGone => _isGone;

    /// <summary>The index of the Linux interface; 0 when it is none.</summary>
    internal int Device => _adapter.Device;

    /// <summary>How its driver has it, for status views.</summary>
    internal string Status => _adapter.Status;

    /// <summary>One line on how the interface is taken over: the way and why it is not a better one, queues, rings.</summary>
    internal string Description => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Name}: {(_isOpen ? Status : "not open")}; rx {Rings.Rx} x {Rings.RxSlots}, tx {Rings.Tx} x {Rings.TxSlots}, host rx {HostRxRings}, host tx {HostTxRings}");

    /// <summary>
    /// Numbers of host rings that a request wants; 0 for the driver's own. Honoured while nobody is bound: then the interface may also
    /// have got other rings (ethtool -L, -G) since the port was made, which a pipe on it can keep for long.
    /// </summary>
    internal override void SetHostRings(uint tx, uint rx)
    {
        if (Bindings == 0)
        {
            Rings = _adapter.Properties.Rings;
            UseHostRings(tx, rx);
        }
    }

    internal override void DropBinding()
    {
        if (Bindings == 1)
        {
            if (_isOpen)
            {
                _adapter.Close();
                _isOpen = false;
            }

            _transmit = [];
            _receive = [];
            UseHostRings(0, 0);
        }

        base.DropBinding();
    }

    /// <summary>Creates rings and takes their queues over from the host stack; the first time opens the interface.</summary>
    internal override int CreateRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        int error = _isOpen ? Errno.Ok : Open(receives: rx.Length != 0);
        error = error == Errno.Ok ? base.CreateRings(rx, tx) : error;
        for (int i = 0; i < rx.Length && error == Errno.Ok; i++)
        {
            error = OpenReceive(rx[i]);
        }

        for (int i = 0; i < tx.Length && error == Errno.Ok; i++)
        {
            error = OpenTransmit(tx[i]);
        }

        return error;
    }

    /// <summary>
    /// TX before RX: a driver whose RX and TX queue share a socket would else make another one for a TX queue that ends next, and
    /// have the whole region pinned for it.
    /// </summary>
    internal override void DeleteUnusedRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        base.DeleteUnusedRings([], tx);
        base.DeleteUnusedRings(rx, []);
    }

    internal override bool HasNews(Kring ring)
    {
        if (ring.IsHost)
        {
            return ring.Direction == RingDirection.Rx && _adapter.Host!.HasFrames(HostNumber(ring));
        }

        return (ring.Direction == RingDirection.Rx ? _receive[ring.Index]?.HasNews : _transmit[ring.Index]?.HasNews) == true
            || base.HasNews(ring);
    }

    internal override bool NewsComeByClock(Kring ring) =>
        !ring.IsHost && ring.Direction == RingDirection.Rx && _receive[ring.Index]?.NewsComeByClock == true;

    public void HostFrames(uint ring)
    {
        Kring[] rings = Rx;
        uint index = Rings.Rx + ring;
        if (index < rings.Length)
        {
            rings[index].Wake();
        }
    }

    public void LinkChanged(bool isUp) => _log.Information("Link of {Name} is {State}", Name, isUp ? "up" : "down");

    public void Renamed(string name)
    {
        if (Name != name)
        {
            _log.Information("{Before} is called {Name} now", Name, name);
            Name = name;
        }
    }

    public void Gone()
    {
        _log.Warning("Interface {Name} is gone, or in another namespace; programs that use it get errors until they close it", Name);
        _isGone = true;
        Kring[] rings = [.. Tx, .. Rx];
        Array.ForEach(rings, static ring => ring.Stop());
        Array.ForEach(rings, static ring => ring.Wake());
    }

    protected override void StopRing(Kring ring)
    {
        base.StopRing(ring);
        if (ring.IsHost)
        {
            return;
        }

        if (ring.Direction == RingDirection.Tx)
        {
            Close(ref _transmit[ring.Index]);
        }
        else
        {
            Close(ring, ref _receive[ring.Index]);
        }
    }

    protected override void StartRing(Kring ring)
    {
        if (!_isGone)
        {
            base.StartRing(ring);
        }
    }

    protected override void OnEnded()
    {
        _ended(this);
        _adapter.Dispose();
        Region.DropReference();
    }

    private void UseHostRings(uint tx, uint rx)
    {
        uint usual = _adapter.Host is null ? 0 : _adapter.Properties.HostRings;
        HostTxRings = usual == 0 || tx == 0 ? usual : Math.Min(tx, HostRingsMax);
        HostRxRings = usual == 0 || rx == 0 ? usual : Math.Min(rx, HostRingsMax);
    }

    private uint HostNumber(Kring ring) => ring.Index - (ring.Direction == RingDirection.Rx ? Rings.Rx : Rings.Tx);

    private int Open(bool receives)
    {
        if (_isGone)
        {
            return Errno.NxIo;
        }

        AdapterProperties properties = _adapter.Properties;
        uint bufferSize = Region.Layout.Buffer.ObjectSize;
        int error = receives
            ? MtuRule.Check(properties.Mtu, bufferSize, properties.ReceiveBufferMax, properties.SplitsFrames)
            : Errno.Ok;
        if (error != Errno.Ok)
        {
            _log.Warning(
                "{Name} has an MTU of {Mtu}, buffers here have {BufferSize} bytes: lower the MTU or raise buf_size",
                Name, properties.Mtu, bufferSize);
            return error;
        }

        _transmit = new ITransmitQueue?[Rings.Tx];
        _receive = new IReceiveQueue?[Rings.Rx];
        _adapter.Host?.Spread(HostRxRings);
        error = _adapter.Open(Region, this);
        _isOpen = error == Errno.Ok;
        Tell(_isOpen ? Status : "not open");
        return error;
    }

    private int OpenReceive(Kring ring)
    {
        if (ring.IsHost || _receive[ring.Index] is not null)
        {
            return Errno.Ok;
        }

        int error = _adapter.OpenReceive(new AdapterRing(ring), new SlotBatch(ring, 0, ring.NumSlots), out IReceiveQueue? queue);
        if (queue is not null)
        {
            Region.Rings.Add(queue);
            _receive[ring.Index] = queue;
        }

        return error;
    }

    private int OpenTransmit(Kring ring)
    {
        if (ring.IsHost || _transmit[ring.Index] is not null)
        {
            return Errno.Ok;
        }

        int error = _adapter.OpenTransmit(new AdapterRing(ring), out ITransmitQueue? queue);
        if (queue is not null)
        {
            Region.Rings.Add(queue);
            _transmit[ring.Index] = queue;
        }

        return error;
    }

    private void Close(ref ITransmitQueue? queue)
    {
        if (queue is not null)
        {
            queue.Close();
            Region.Rings.Remove(queue);
            queue = null;
        }
    }

    /// <summary>The queue has the buffers of all slots outside [hwcur, hwtail).</summary>
    private void Close(Kring ring, ref IReceiveQueue? queue)
    {
        if (queue is not null)
        {
            uint tail = ring.Indexes.HwTail;
            uint shown = RingWindow.Distance(ring.Indexes.HwCur, tail, ring.NumSlots);
            queue.Close(new SlotBatch(ring, tail, ring.NumSlots - shown));
            Region.Rings.Remove(queue);
            queue = null;
        }
    }
}

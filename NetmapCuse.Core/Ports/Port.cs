using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// Anything a descriptor can be bound to: a VALE port, a pipe end, and what comes later. Created by the first request
/// that needs it, ended with its last reference (bindings, pipes on it). All but the two syncs is control plane.
/// </summary>
internal abstract class Port
{
    private readonly Region _ownRegion;
    private readonly PortPlace? _place;
    private int _references;

    protected Port(string name, PortRings rings, Region region)
    {
        _ownRegion = region;
        Name = name;
        Rings = rings;
        Region = region;
        _place = region.Books?.AddPort(name, rings);
        Enter();
    }

    /// <summary>The name that requests use, or that an interface had when it was last asked for.</summary>
    internal string Name { get; private protected set; }

    /// <summary>What the port is, in the books.</summary>
    private protected virtual PortKind Kind => PortKind.Other;

    /// <summary>NIC rings and slots; host rings apart.</summary>
    internal PortRings Rings { get; private protected set; }

    internal uint HostTxRings { get; private protected set; }

    internal uint HostRxRings { get; private protected set; }

    /// <summary>
    /// Where its rings lie. A port that can outlive whoever brought the region holds a reference to it. Ports of interfaces may
    /// lie elsewhere from their first to their last binding.
    /// </summary>
    internal Region Region { get; private set; }

    /// <summary>TX krings, host rings last; empty while nobody is bound.</summary>
    internal Kring[] Tx { get; private set; } = [];

    internal Kring[] Rx { get; private set; } = [];

    internal int Bindings { get; private protected set; }

    /// <summary>A binding or a pipe on it still needs the port.</summary>
    internal bool IsReferenced => _references > 0;

    internal int References => _references;

    /// <summary>A request may put the port into another region for as long as it is bound.</summary>
    internal virtual bool MayChangeRegion => false;

    /// <summary>Pipes that have this port as their parent.</summary>
    internal PipeTable Pipes { get; } = new();

    /// <summary>Monitors that have this port as their parent.</summary>
    internal MonitorTable Monitors { get; } = new();

    /// <summary>What the port has done since it exists, bindings that are gone included: sent by and delivered to the program.</summary>
    internal RingCounters PastTx;
    internal RingCounters PastRx;

    /// <summary>
    /// Length of the virtio-net header in front of each frame: 0 for ports that have none.
    /// </summary>
    internal virtual uint VnetHeaderLength => 0;

    /// <summary>Packets on the port's rings may start at an offset in their buffers (<see cref="Kring.OffsetOf"/>).</summary>
    internal virtual bool SupportsOffsets => false;

    /// <summary>The largest offset that packets on a ring can have.</summary>
    internal virtual uint OffsetMax(Kring ring) => Region.Layout.Buffer.ObjectSize;

    /// <summary>True while a station of a switch has the port's rings, so that no program can bind it.</summary>
    internal bool IsOwnedBySwitch { get; set; }

    /// <summary>The port takes data of NS_INDIRECT slots from the memory of the process that sends.</summary>
    internal virtual bool ReadsIndirectSlots => false;

    /// <summary>
    /// RX rings are filled by the port's own RX sync and by nobody else; that frames wait is told with
    /// <see cref="Kring.Wake"/>, upon which a monitor has the ring synced.
    /// </summary>
    internal virtual bool ReceivesInSync => false;

    /// <summary>A TX sync with what the ring's monitors see of it: what everybody calls who syncs a ring. Data path.</summary>
    internal bool Send(Kring ring)
    {
        if (ring.Monitors is not { } monitors)
        {
            return TxSync(ring);
        }

        monitors.Sending(ring, ReadsIndirectSlots);
        uint firstCompleted = RingWindow.Next(ring.Indexes.HwTail, ring.NumSlots);
        bool done = TxSync(ring);
        monitors.Completed(ring, firstCompleted, RingWindow.Next(ring.Indexes.HwTail, ring.NumSlots));
        return done;
    }

    /// <summary>
    /// Sends what a switch has put into a TX ring of the port, which is attached to it; monitors that copy have seen it arrive.
    /// Here hwcur is the oldest slot that is not done with, rhead the first that the port has not taken, and hwtail where the
    /// switch has filled up to. The caller holds the ring. Data path.
    /// </summary>
    internal void SendSwitched(Kring ring)
    {
        uint end = TxSwitched(ring, Volatile.Read(ref ring.Indexes.HwTail));
        ring.Monitors?.Completed(ring, ring.Indexes.HwCur, end);
        Volatile.Write(ref ring.Indexes.HwCur, end);
    }

    /// <summary>An RX sync with what the ring's monitors see of it: what everybody calls who syncs a ring. Data path.</summary>
    internal bool Receive(Kring ring)
    {
        if (ring.Monitors is not { } monitors)
        {
            return RxSync(ring);
        }

        monitors.Releasing(ring);
        uint tail = ring.Indexes.HwTail;
        bool done = RxSync(ring);
        if (ReceivesInSync)
        {
            monitors.Arrived(ring, tail, RingWindow.Distance(tail, ring.Indexes.HwTail, ring.NumSlots));
        }

        return done;
    }

    /// <summary>Sends what is between hwcur and rhead, as far as it goes; moves hwcur and hwtail. Data path.</summary>
    /// <param name="ring">The ring, held by the caller, its prologue passed.</param>
    /// <returns>False when the port cannot sync: poll says POLLERR.</returns>
    internal abstract bool TxSync(Kring ring);

    /// <summary>For ports that can be attached: sends what is between rhead and <paramref name="tail"/>, and moves rhead. Data path.</summary>
    /// <returns>The first slot that is not done with: hwcur from now on.</returns>
    private protected virtual uint TxSwitched(Kring ring, uint tail) => ring.Indexes.HwCur;

    /// <summary>
    /// Takes back what is between hwcur and rhead and moves hwtail over what has arrived. Data path. Who fills slots of a
    /// receive ring from elsewhere than here tells the ring's monitors (<see cref="IRingMonitors.Arrived"/>) before it
    /// moves hwtail over them; <see cref="Kring.Complete"/> does so by itself.
    /// </summary>
    internal abstract bool RxSync(Kring ring);

    /// <summary>
    /// Passes released packets of the host stack to the NIC's TX rings, for a binding that has both. True when TX rings have
    /// something to push. Data path.
    /// </summary>
    internal virtual bool ForwardDown(Binding binding) => false;

    /// <summary>A cheap look whether a sync of the ring would move its tail: for a poll that watches before it sleeps.</summary>
    internal virtual bool HasNews(Kring ring) => Volatile.Read(ref ring.Indexes.HwTail) != ring.Indexes.RTail;

    /// <summary>What comes to the ring is shown when a driver's clock says so: a poll does not watch for it.</summary>
    internal virtual bool NewsComeByClock(Kring ring) => false;

    /// <summary>Puts the port into another region until its last binding ends. Only while it may change.</summary>
    internal void UseRegion(Region region)
    {
        Check.That(MayChangeRegion, $"port {Name} changes its region while it is in use");
        region.AddReference();
        ReturnToOwnRegion();
        Region = region;
    }

    /// <summary>Asks for numbers of host rings, 0 for the usual; ports without host rings have none whatever is asked.</summary>
    internal virtual void SetHostRings(uint tx, uint rx)
    {
    }

    internal void AddReference() => _references++;

    internal void DropReference()
    {
        Check.That(_references > 0, $"port {Name} is dropped more often than it was taken");
        if (--_references == 0)
        {
            ReturnToOwnRegion();
            _place?.End();
            OnEnded();
        }
    }

    /// <summary>One more binding; the first creates the krings.</summary>
    internal virtual void AddBinding()
    {
        AddReference();
        if (Bindings++ == 0)
        {
            CreateKrings();
        }
    }

    /// <summary>One binding less; the last takes the krings with it. Its rings are deleted before.</summary>
    internal virtual void DropBinding()
    {
        if (--Bindings == 0)
        {
            Monitors.TellParentLeft();
            DestroyKrings();
            ReturnToOwnRegion();
        }

        DropReference();
    }

    /// <summary>Creates the shared rings among these that do not exist yet, RX before TX, by number.</summary>
    /// <returns>0 or ENOMEM; rings that were created stay until <see cref="DeleteUnusedRings"/>.</returns>
    internal virtual int CreateRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        return CreateMissing(rx) && CreateMissing(tx) ? Errno.Ok : Errno.NoMem;
    }

    /// <summary>Deletes each ring among these that exists and has no user.</summary>
    internal virtual void DeleteUnusedRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        DeleteUnused(rx);
        DeleteUnused(tx);
    }

    /// <summary>Rings among these became used: let traffic in.</summary>
    internal virtual void StartRings(ReadOnlySpan<Kring> rx, ReadOnlySpan<Kring> tx)
    {
        foreach (Kring ring in rx)
        {
            StartRing(ring);
        }

        foreach (Kring ring in tx)
        {
            StartRing(ring);
        }
    }

    /// <summary>The totals of the port, rings in use included.</summary>
    internal virtual (RingCounters Tx, RingCounters Rx) Totals()
    {
        RingCounters tx = PastTx;
        RingCounters rx = PastRx;
        foreach (Kring ring in Tx)
        {
            tx.Add(ring.Counters);
        }

        foreach (Kring ring in Rx)
        {
            rx.Add(ring.Counters);
        }

        return (tx, rx);
    }

    /// <summary>The last reference is gone.</summary>
    protected abstract void OnEnded();

    /// <summary>Stops everything that may touch the ring's memory, then returns.</summary>
    protected virtual void StopRing(Kring ring) => ring.Stop();

    protected virtual void StartRing(Kring ring)
    {
        if (ring.IsStopped)
        {
            ring.Start();
        }
    }

    private protected void CreateKrings()
    {
        Tx = Make(RingDirection.Tx, Rings.Tx, HostTxRings, Rings.TxSlots);
        Rx = Make(RingDirection.Rx, Rings.Rx, HostRxRings, Rings.RxSlots);

        Enter();

        Kring[] Make(RingDirection direction, uint nic, uint host, uint slots) =>
            [.. Enumerable.Range(0, (int)(nic + host)).Select(i => new Kring(direction, (uint)i, slots, i >= nic, _place))];
    }

    /// <summary>Enters a binding into the books; returns its place there.</summary>
    internal int EnterBinding(in BindingRecord binding) => _place?.AddBinding(binding) ?? -1;

    internal void LeaveBinding(int place) => _place?.ReturnBinding(place);

    /// <summary>Tells readers of the books how the port is served, in words.</summary>
    private protected void Tell(string detail) => _place?.SetDetail(detail);

    private void Enter()
    {
        if (_place is { } place)
        {
            place.Record.Kind = Kind;
            place.Record.HostTxRings = HostTxRings;
            place.Record.HostRxRings = HostRxRings;
            place.Record.MemoryId = Region.Id;
            place.Record.RegionBytes = Region.Layout.MemorySize;
        }
    }

    /// <summary>For a port that has the rings of another one.</summary>
    private protected void UseKrings(Kring[] tx, Kring[] rx)
    {
        Tx = tx;
        Rx = rx;
        Enter();
    }

    private protected void DestroyKrings()
    {
        (PastTx, PastRx) = Totals();
        foreach (Kring ring in (IEnumerable<Kring>)[.. Tx, .. Rx])
        {
            ring.Hide();
        }

        if (_place is { } place)
        {
            place.Record.PastTx = PastTx;
            place.Record.PastRx = PastRx;
        }

        Tx = [];
        Rx = [];
    }

    /// <summary>The region that a request put the port into is for its bindings only.</summary>
    internal void ReturnToOwnRegion()
    {
        if (Region != _ownRegion && Bindings == 0)
        {
            Region borrowed = Region;
            Region = _ownRegion;
            borrowed.DropReference();
        }
    }

    private bool CreateMissing(ReadOnlySpan<Kring> rings)
    {
        foreach (Kring ring in rings)
        {
            if (!ring.Exists && !ring.TryCreate(Region))
            {
                return false;
            }
        }

        return true;
    }

    private void DeleteUnused(ReadOnlySpan<Kring> rings)
    {
        foreach (Kring ring in rings)
        {
            if (ring.Exists && ring.Users == 0)
            {
                StopRing(ring);
                ring.Delete();
            }
        }
    }
}

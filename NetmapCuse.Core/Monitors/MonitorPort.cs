using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Core.Monitors;

/// <summary>
/// A port that shows the traffic of another, its parent (reference/netmap-behaviour.md section 13): receive ring i gets
/// what passes TX ring i and RX ring i of the parent. It keeps no reference to the parent: when the last binding of that
/// goes, the monitor shows what it has and then only errors. Made for one binding.
/// </summary>
internal sealed class MonitorPort : Port, IMonitor
{
    internal const RegisterFlags BothDirections = RegisterFlags.MonitorRx | RegisterFlags.MonitorTx;
    internal const RegisterFlags AnyFlag = BothDirections | RegisterFlags.ZeroCopyMonitor;

    /// <summary>Which directions of the parent are watched.</summary>
    private readonly RegisterFlags _directions;

    private readonly List<ArrivalPump> _pumps = [];
    private volatile Port? _parent;

    private MonitorPort(Port parent, RegisterFlags flags, PortRings rings, Region region)
        : base(MakeName(parent, flags), rings, region)
    {
        IsZeroCopy = (flags & RegisterFlags.ZeroCopyMonitor) != 0;
        _directions = IsZeroCopy ? BothDirections : flags & BothDirections;
        HostTxRings = parent.HostTxRings;
        HostRxRings = parent.HostRxRings == 0 ? 0 : Math.Max(parent.HostTxRings, parent.HostRxRings);
        _parent = parent;
        parent.Monitors.Add(this);
        region.AddReference();
    }

    /// <summary>What it is of what its user may have.</summary>
    private QuotaClaim? Claim { get; init; }

    /// <summary>It swaps buffers with the parent instead of copying.</summary>
    internal bool IsZeroCopy { get; }

    /// <summary>Makes a monitor without reference yet, for the flags of the request.</summary>
    /// <returns>0, EINVAL when nobody has the parent open, or the error of a new region.</returns>
    internal static int TryCreate(Port parent, PortRequest request, RegionTable regions, out MonitorPort? monitor)
    {
        monitor = null;
        if (parent is MonitorPort || (parent.Bindings == 0 && !parent.IsOwnedBySwitch))
        {
            return Errno.Inval;
        }

        if (parent is GuestPort)
        {
            // Its rings are the guest's, in memory that no monitor may see.
            return Errno.OpNotSupp;
        }

        PortRings rings = new(
            1,
            Math.Max(parent.Rings.Tx, parent.Rings.Rx),
            Slots(request.Rings.TxSlots, parent.Rings.TxSlots),
            Slots(request.Rings.RxSlots, parent.Rings.RxSlots));
        if (regions.Quotas.TryTake(request.User, QuotaKind.Monitor) is not { } claim)
        {
            return Errno.NoMem;
        }

        Region region = parent.Region;
        if ((request.Flags & RegisterFlags.ZeroCopyMonitor) == 0)
        {
            uint extra = Math.Min(request.ExtraBuffers, Limits.ExtraBuffersMax);
            RegionSizes sizes = RegionSizes.ForPort(regions.PrivateMinimum, rings, extra, pipes: 0);
            int error = regions.TryCreatePrivate(sizes, request.RegionLimit, request.User, out region);
            if (error != Errno.Ok)
            {
                claim.Dispose();
                return error;
            }
        }

        monitor = new MonitorPort(parent, request.Flags, rings, region) { Claim = claim };
        return Errno.Ok;
    }

    private protected override PortKind Kind => PortKind.Monitor;

    /// <summary>A copy goes to an offset of the monitor's own; a buffer that was swapped in has its packet where the sender put it.</summary>
    internal override bool SupportsOffsets => !IsZeroCopy;

    /// <summary>A monitor cannot send.</summary>
    internal override bool TxSync(Kring ring) => false;

    /// <summary>Without a parent nothing comes any more, but what has come is shown all the same.</summary>
    internal override bool RxSync(Kring ring)
    {
        Volatile.Write(ref ring.Indexes.HwCur, ring.Indexes.RHead);
        if (_parent is not null)
        {
            return true;
        }

        ring.Publish();
        return false;
    }

    public void OnParentLeft()
    {
        foreach (Kring ring in Rx)
        {
            Detach(ring);
        }

        _parent = null;
        foreach (Kring ring in (IEnumerable<Kring>)[.. Rx, .. Tx])
        {
            ring.Wake();
        }
    }

    protected override void StartRing(Kring ring)
    {
        bool isNew = ring.IsStopped && ring.Direction == RingDirection.Rx;
        if (isNew)
        {
            ring.ExchangesBuffers = IsZeroCopy;
            ring.OpenGate();
        }

        base.StartRing(ring);
        if (isNew)
        {
            Attach(ring);
        }
    }

    protected override void StopRing(Kring ring)
    {
        if (!ring.IsStopped && ring.Direction == RingDirection.Rx)
        {
            Detach(ring);
            ring.CloseGate();
        }

        base.StopRing(ring);
    }

    protected override void OnEnded()
    {
        _parent?.Monitors.Remove(this);
        Region.DropReference();
        Claim?.Dispose();
    }

    private void Attach(Kring ring)
    {
        foreach (Kring watched in WatchedBy(ring))
        {
            if (IsZeroCopy)
            {
                RingMonitors.AddToChain(watched, ring);
            }
            else
            {
                RingMonitors.AddCopy(watched, ring);
                StartPump(watched);
            }
        }
    }

    private void Detach(Kring ring)
    {
        foreach (Kring watched in WatchedBy(ring))
        {
            if (IsZeroCopy)
            {
                RingMonitors.RemoveFromChain(watched, ring);
            }
            else
            {
                RingMonitors.RemoveCopy(watched, ring);
                StopPump(watched);
            }
        }
    }

    /// <summary>A copy of what arrives needs somebody who takes it in, also when the parent's program never reads.</summary>
    private void StartPump(Kring watched)
    {
        if (watched.Direction == RingDirection.Rx && _parent is { ReceivesInSync: true } parent)
        {
            ArrivalPump pump = new(parent, watched);
            watched.AddFirstSleeper(pump);
            _pumps.Add(pump);
        }
    }

    private void StopPump(Kring watched)
    {
        if (_pumps.Find(one => one.Ring == watched) is { } pump)
        {
            watched.RemoveSleeper(pump);
            _pumps.Remove(pump);
        }
    }

    /// <summary>The rings of the parent that a receive ring gets its slots from: none, one or two.</summary>
    private List<Kring> WatchedBy(Kring ring)
    {
        List<Kring> watched = [];
        if (_parent is { } parent)
        {
            AddMatching(parent.Tx, parent.Rings.Tx, RegisterFlags.MonitorTx);
            AddMatching(parent.Rx, parent.Rings.Rx, RegisterFlags.MonitorRx);
        }

        return watched;

        // NIC rings match by number, and so do host rings among themselves.
        void AddMatching(Kring[] rings, uint nic, RegisterFlags direction)
        {
            uint index = ring.IsHost ? nic + ring.Index - Rings.Rx : ring.Index;
            if ((_directions & direction) != 0 && index < rings.Length && rings[index].IsHost == ring.IsHost)
            {
                watched.Add(rings[index]);
            }
        }
    }

    private static uint Slots(uint requested, uint parent) =>
        Math.Clamp(requested != 0 ? requested : parent, 1, Limits.MonitorSlotsMax);

    /// <summary>"parent/zrt#0": reference/netmap-abi.md section 8.1.</summary>
    private static string MakeName(Port parent, RegisterFlags flags)
    {
        bool isZeroCopy = (flags & RegisterFlags.ZeroCopyMonitor) != 0;
        string zeroCopy = isZeroCopy ? "z" : string.Empty;
        string rx = isZeroCopy || (flags & RegisterFlags.MonitorRx) != 0 ? "r" : string.Empty;
        string tx = isZeroCopy || (flags & RegisterFlags.MonitorTx) != 0 ? "t" : string.Empty;
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{parent.Name}/{zeroCopy}{rx}{tx}#{parent.Monitors.TakeNumber()}");
    }
}

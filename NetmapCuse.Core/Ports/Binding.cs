using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// An open file that registered: its port, the rings it selected, its netmap_if and its extra buffers. Made and ended by
/// the control plane; the data path reads it.
/// </summary>
internal sealed class Binding
{
    private readonly ISleeper _sleeper;
    private InterfaceView? _interface;
    private int _place = -1;

    private Binding(Port port, RingSelection selection, RegisterFlags flags, ISleeper sleeper)
    {
        Port = port;
        Flags = flags;
        Selection = selection;
        Tx = port.Tx[selection.Tx];
        Rx = port.Rx[selection.Rx];
        _sleeper = sleeper;
        bool hasAllTx = selection.Tx.Start.Value == 0 && selection.Tx.End.Value >= port.Rings.Tx;
        ForwardingRing = hasAllTx ? Array.Find(Rx, ring => ring.IsHost && ring.Index == port.Rings.Rx) : null;
    }

    internal Port Port { get; }

    internal RegisterFlags Flags { get; }

    internal RingSelection Selection { get; }

    /// <summary>The TX rings that are bound.</summary>
    internal Kring[] Tx { get; }

    internal Kring[] Rx { get; }

    /// <summary>The first host RX ring, when this binding may pass its packets to the NIC: it has all NIC TX rings.</summary>
    internal Kring? ForwardingRing { get; }

    /// <summary>Parameters that syncs look at.</summary>
    internal Tunables Tunables { get; init; } = new();

    /// <summary>nr_offset: where the program finds its netmap_if.</summary>
    internal ulong InterfaceOffset => _interface!.ClientOffset;

    /// <summary>Extra buffers that the program got; may be fewer than it asked for.</summary>
    internal uint ExtraBuffers => _interface!.ExtraBuffers;

    internal bool IsExclusive => (Flags & RegisterFlags.Exclusive) != 0;

    /// <summary>poll pushes TX rings although nobody asked for POLLOUT.</summary>
    internal bool PushesTxOnPoll => (Flags & RegisterFlags.NoTxPoll) == 0;

    /// <summary>poll updates RX rings although nobody asked for POLLIN.</summary>
    internal bool UpdatesRxOnPoll => (Flags & RegisterFlags.DoRxPoll) != 0;

    /// <summary>
    /// Binds: ring selection, krings, exclusivity, rings, netmap_if, extra buffers (steps 9 to 19 of
    /// reference/netmap-behaviour.md section 2.1). Everything is undone on failure.
    /// </summary>
    internal static int TryCreate(
        Port port, PortRequest request, uint ringId, ISleeper sleeper, out Binding? binding)
    {
        binding = null;
        int error = RingSelection.TrySelect(port, request.Mode, request.Flags, ringId, out RingSelection selection);
        if (error != Errno.Ok)
        {
            return error;
        }

        port.AddBinding();
        Binding made = new(port, selection, request.Flags, sleeper) { Tunables = request.Tunables };
        try
        {
            error = made.TryTakeRings(request.ExtraBuffers, request.Offsets);
            binding = error == Errno.Ok ? made : null;
        }
        finally
        {
            if (binding is null)
            {
                port.DropBinding();
            }
        }

        return error;
    }

    /// <summary>Unbinds: afterwards no thread touches what this binding alone used, and all of it is free.</summary>
    internal void End()
    {
        foreach (Kring ring in (IEnumerable<Kring>)[.. Tx, .. Rx])
        {
            ring.RemoveSleeper(_sleeper);
            ring.Users--;
            if (ring.ExclusiveOwner == this)
            {
                ring.ExclusiveOwner = null;
            }
        }

        Port.LeaveBinding(_place);
        Port.DeleteUnusedRings(Rx, Tx);
        _interface!.Delete();
        Port.Region.DropUser();
        Port.DropBinding();
    }

    /// <summary>Enters the binding into the books.</summary>
    internal void Enter(int processId, uint userId, string command, RegisterMode mode) => _place = Port.EnterBinding(new BindingRecord
    {
        ProcessId = processId,
        UserId = userId,
        Mode = (uint)mode,
        Flags = (ulong)Flags,
        FirstTx = Tx.Length == 0 ? 0 : Tx[0].Index,
        TxCount = (uint)Tx.Length,
        FirstRx = Rx.Length == 0 ? 0 : Rx[0].Index,
        RxCount = (uint)Rx.Length,
        Since = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        Command = BookText.Of32(command),
    });

    private int TryTakeRings(uint extraBuffers, OffsetsRequest? offsets)
    {
        if (Tx.Concat(Rx).Any(ring => ring.ExclusiveOwner is not null || (IsExclusive && ring.Users > 0)))
        {
            return Errno.Busy;
        }

        Port.Region.AddUser();
        int error = Errno.Io;
        try
        {
            error = CreateRings(offsets);
        }
        finally
        {
            if (error != Errno.Ok)
            {
                Port.DeleteUnusedRings(Rx, Tx);
                Port.Region.DropUser();
            }
        }

        if (error != Errno.Ok)
        {
            return error;
        }

        _interface!.TakeExtraBuffers(extraBuffers);
        offsets?.Apply(Tx.Concat(Rx));
        foreach (Kring ring in (IEnumerable<Kring>)[.. Tx, .. Rx])
        {
            ring.Users++;
            ring.ExclusiveOwner = IsExclusive ? this : null;
            ring.AddSleeper(_sleeper);
        }

        Port.StartRings(Rx, Tx);
        return Errno.Ok;
    }

    /// <summary>Rings and netmap_if, as far as they go.</summary>
    private int CreateRings(OffsetsRequest? offsets)
    {
        int error = Port.CreateRings(Rx, Tx);
        if (error == Errno.Ok)
        {
            error = offsets?.Check(Port, [.. Tx, .. Rx]) ?? Errno.Ok;
        }

        if (error == Errno.Ok)
        {
            _interface = SharedInterface.TryCreate(Port, Selection);
            error = _interface is null ? Errno.NoMem : Errno.Ok;
        }

        return error;
    }
}

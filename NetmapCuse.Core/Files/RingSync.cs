using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Files;

/// <summary>
/// Synchronisation of a binding's rings: NIOCTXSYNC, NIOCRXSYNC and the two parts of poll (reference/netmap-behaviour.md
/// sections 4 and 5). Runs in the thread that received the call. A ring that another thread is syncing is skipped.
/// </summary>
internal static class RingSync
{
    /// <summary>What became of one ring.</summary>
    [Flags]
    internal enum Outcome
    {
        None = 0,

        /// <summary>cur is not at tail: the program has something to do.</summary>
        Ready = 1,

        /// <summary>head or cur was impossible, or the port could not sync: poll says POLLERR.</summary>
        Error = 2,

        /// <summary>The ring is stopped: the ioctls say EIO.</summary>
        Stopped = 4,

        /// <summary>Nothing was sent: data of indirect slots has to be brought first (<see cref="IndirectSync"/>).</summary>
        NeedsMemory = 8,
    }

    /// <summary>
    /// Syncs every bound ring of the direction; an impossible head or cur is not an error of the ioctl. NIOCRXSYNC looks for frames
    /// whether or not some were announced ("force read").
    /// </summary>
    /// <param name="binding">The rings.</param>
    /// <param name="direction">Which of them.</param>
    /// <param name="readsIndirect">NS_INDIRECT slots may be followed; if not they are bad ones.</param>
    /// <returns>What became of all of them.</returns>
    internal static Outcome All(Binding binding, RingDirection direction, bool readsIndirect)
    {
        Outcome all = Outcome.None;
        if (direction == RingDirection.Rx && binding.ForwardingRing is not null)
        {
            _ = binding.Port.ForwardDown(binding);
        }

        if (direction == RingDirection.Tx)
        {
            foreach (Kring ring in binding.Tx)
            {
                all |= Tx(binding.Port, ring, readsIndirect);
            }

            return all;
        }

        foreach (Kring ring in binding.Rx)
        {
            ring.MustLook();
            all |= Rx(binding.Port, ring, Now(binding));
        }

        return all;
    }

    /// <summary>A ring whose prologue fails is not synced: what it would send is not what the program meant.</summary>
    internal static Outcome Tx(Port port, Kring ring, bool readsIndirect)
    {
        if (!ring.TryEnter())
        {
            return ring.IsStopped ? Outcome.Stopped : Outcome.None;
        }

        Outcome outcome = TxHeld(port, ring, ring.Prologue(), readsIndirect);
        ring.Exit();
        return outcome;
    }

    /// <summary>The same with head and cur from a CSB.</summary>
    internal static Outcome Tx(Port port, Kring ring, CsbWords program, bool readsIndirect)
    {
        if (!ring.TryEnter())
        {
            return ring.IsStopped ? Outcome.Stopped : Outcome.None;
        }

        Outcome outcome = TxHeld(port, ring, ring.Prologue(program.Head, program.Cur), readsIndirect);
        ring.Exit();
        return outcome;
    }

    /// <summary>The same for a ring that the caller holds, with what its last prologue took.</summary>
    internal static Outcome TxTaken(Port port, Kring ring, bool readsIndirect) =>
        TxHeld(port, ring, isGood: true, readsIndirect);

    /// <summary>The time for RX rings, or 0 when only rings that ask for it shall get one (parameter no_timestamp).</summary>
    internal static long Now(Binding binding) => binding.Tunables.NoTimestamp ? 0 : Clock.Microseconds();

    /// <summary>A ring whose prologue fails is reset and then synced all the same.</summary>
    internal static Outcome Rx(Port port, Kring ring, long now)
    {
        if (!ring.TryEnter())
        {
            return ring.IsStopped ? Outcome.Stopped : Outcome.None;
        }

        Outcome outcome = RxHeld(port, ring, ring.Prologue(), now);
        ring.Exit();
        return outcome;
    }

    /// <summary>The same with head and cur from a CSB. A sync loop looks whether or not frames were announced.</summary>
    internal static Outcome Rx(Port port, Kring ring, CsbWords program, long now)
    {
        if (!ring.TryEnter())
        {
            return ring.IsStopped ? Outcome.Stopped : Outcome.None;
        }

        ring.MustLook();
        Outcome outcome = RxHeld(port, ring, ring.Prologue(program.Head, program.Cur), now);
        ring.Exit();
        return outcome;
    }

    private static Outcome TxHeld(Port port, Kring ring, bool isGood, bool readsIndirect)
    {
        if (!isGood)
        {
            return Outcome.Error;
        }

        if (readsIndirect && port.ReadsIndirectSlots && ring.LacksIndirectData)
        {
            return Outcome.NeedsMemory;
        }

        bool isSent = ring.Monitors is null ? port.TxSync(ring) : port.Send(ring);
        return isSent ? Ready(ring.Publish()) : Outcome.Error | Ready(ring.ShowsMore);
    }

    private static Outcome RxHeld(Port port, Kring ring, bool isGood, long now)
    {
        Outcome outcome = isGood ? Outcome.None : Outcome.Error;
        if (!port.Receive(ring))
        {
            return outcome | Outcome.Error | Ready(ring.ShowsMore);
        }

        outcome |= Ready(ring.Publish());
        Stamp(ring, now);
        return outcome;
    }

    private static void Stamp(Kring ring, long now)
    {
        if (now != 0)
        {
            ring.Stamp(now);
        }
        else if ((ring.SharedFlags & Abi.Netmap.RingFlags.Timestamp) != 0)
        {
            ring.Stamp(Clock.Microseconds());
        }
    }

    private static Outcome Ready(bool showsMore) => showsMore ? Outcome.Ready : Outcome.None;
}

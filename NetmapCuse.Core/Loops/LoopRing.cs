using NetmapCuse.Core.Files;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Loops;

/// <summary>
/// One ring of a sync loop (reference/netmap-behaviour.md section 16.2). A pass exchanges indexes with the program as long
/// as that gets anywhere. The memory of the program is never touched while the ring is held: it may answer late.
/// </summary>
/// <param name="port">The port.</param>
/// <param name="ring">The ring.</param>
/// <param name="csb">The words of the program.</param>
/// <param name="entry">Which entry of them.</param>
/// <param name="interrupt">irqfd, or null.</param>
/// <param name="indirect">Whether NS_INDIRECT slots are followed into the memory of who waits in START.</param>
/// <param name="takesKicks">The program can wake the loop: it is told when that is wanted.</param>
internal sealed class LoopRing(
    Port port, Kring ring, CsbMemory csb, int entry, ClientEventFd? interrupt, IndirectGrant indirect, bool takesKicks)
{
    /// <summary>Exchanges in a pass; a program that always has more must leave something to the other rings.</summary>
    private const int RoundsMax = 64;

    /// <summary>Exchanges of an RX ring without progress before it is left.</summary>
    private const int DryRoundsMax = 2;

    private bool IsTx => ring.Direction == RingDirection.Tx;

    /// <summary>What a pass ended with.</summary>
    internal enum Result
    {
        /// <summary>Nothing to do before somebody signals.</summary>
        Idle,

        /// <summary>There is more: do not sleep.</summary>
        Unfinished,

        /// <summary>The words of the program cannot be reached any more.</summary>
        Fault,
    }

    /// <summary>A cheap look whether a pass would bring something new to the program.</summary>
    internal bool HasNews => port.HasNews(ring);

    /// <summary>Exchanges until nothing moves.</summary>
    internal Result Pass()
    {
        if (!csb.TrySetKick(entry, wanted: false) || !csb.TryRead(entry, out CsbWords program))
        {
            return Result.Fault;
        }

        int dry = 0;
        for (int round = 0; round < RoundsMax; round++)
        {
            CsbWords seen = program;
            if (!TryExchange(ref program, out bool isBad, out bool moved))
            {
                return Result.Fault;
            }

            dry = moved ? 0 : dry + 1;
            if (isBad || IsTx ? program.IsAt(seen) : HasNoSlots(program.Head))
            {
                if (!TryRest(ref program, out bool resumes))
                {
                    return Result.Fault;
                }

                if (!resumes)
                {
                    return Result.Idle;
                }
            }
            else if (!IsTx && (ring.Indexes.RTail == ring.Indexes.RHead || dry >= DryRoundsMax))
            {
                return Result.Idle;
            }
        }

        return Result.Unfinished;
    }

    /// <summary>One sync: words in, indexes out, words again; a signal when there is news that the program waits for.</summary>
    private bool TryExchange(ref CsbWords program, out bool isBad, out bool moved)
    {
        uint tail = ring.Indexes.RTail;
        RingSync.Outcome outcome = IsTx
            ? RingSync.Tx(port, ring, program, readsIndirect: true)
            : RingSync.Rx(port, ring, program, Clock.Microseconds());
        if (outcome == RingSync.Outcome.NeedsMemory)
        {
            outcome = IndirectSync.Tx(port, ring, indirect, ring.Starts);
        }

        isBad = (outcome & ~RingSync.Outcome.Ready) != 0;
        moved = ring.Indexes.RTail != tail;
        if (!csb.TryWrite(entry, ring.Indexes.HwCur, ring.Indexes.RTail) || !csb.TryRead(entry, out program))
        {
            return false;
        }

        if (moved && program.WantsKick)
        {
            interrupt?.Signal();
        }

        return true;
    }

    /// <summary>
    /// Asks for a signal, then looks once more, so that what the program did before it saw the question is not missed.
    /// </summary>
    private bool TryRest(ref CsbWords program, out bool resumes)
    {
        resumes = false;
        if (!takesKicks)
        {
            return true;
        }

        CsbWords seen = program;
        if (!csb.TrySetKick(entry, wanted: true) || !csb.TryRead(entry, out program))
        {
            return false;
        }

        resumes = !program.IsAt(seen);
        return !resumes || csb.TrySetKick(entry, wanted: false);
    }

    /// <summary>The program holds all slots: nothing can be received.</summary>
    private bool HasNoSlots(uint head) =>
        head < ring.NumSlots && Volatile.Read(ref ring.Indexes.HwTail) == RingWindow.Previous(head, ring.NumSlots);
}

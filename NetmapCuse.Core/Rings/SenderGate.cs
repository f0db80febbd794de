namespace NetmapCuse.Core.Rings;

/// <summary>
/// Several senders at one ring. A sender claims slots under the gate, fills them without it, and hands them over under the gate;
/// hwtail moves over finished claims in the order in which they were made, so senders copy side by side and the receiver sees no
/// holes. The gate is a spin lock that is held for a few dozen instructions.
/// <para>
/// An open claim is written down at the slot where it begins. So there is a place for every claim that a ring has slots for, however
/// many senders there are, and the oldest open one is the one at hwtail.
/// </para>
/// </summary>
internal sealed class SenderGate
{
    private const uint Done = 1u << 31;

    private uint[]? _ends;      // by first slot of an open claim: where it ends, and whether it is filled
    private uint _openClaims;
    private int _gate;
    private bool _isOpen;

    /// <summary>Somebody receives here. May be out of date when read; a claim looks again.</summary>
    internal bool IsOpen => Volatile.Read(ref _isOpen);

    /// <summary>Lets senders in. Control plane.</summary>
    /// <param name="indexes">The ring's; the same in every call.</param>
    /// <param name="slots">How many the ring has; the same in every call.</param>
    internal void Open(ref RingIndexes indexes, uint slots)
    {
        _ends ??= new uint[slots];
        indexes.HwLease = indexes.HwTail;
        Enter();
        _isOpen = true;
        Exit();
    }

    /// <summary>Lets no sender in any more and waits for those who are copying. Control plane.</summary>
    internal void Close()
    {
        Enter();
        _isOpen = false;
        AwaitClaims();
        Exit();
    }

    /// <summary>Keeps the gate, at a moment when no claim is open, until <see cref="LetGo"/>.</summary>
    internal void HoldStill()
    {
        Enter();
        AwaitClaims();
    }

    internal void LetGo() => Exit();

    /// <summary>Claims slots, all that are wanted or none.</summary>
    /// <returns>False when the ring is closed or has fewer free slots: nothing was claimed.</returns>
    internal bool TryClaim(ref RingIndexes indexes, uint slots, uint wanted, out uint free, out Claim claim)
    {
        claim = default;
        Enter();
        uint start = indexes.HwLease;
        free = _isOpen ? slots - 1 - RingWindow.Distance(Volatile.Read(ref indexes.HwCur), start, slots) : 0;
        bool claimed = wanted != 0 && wanted <= free;
        if (claimed)
        {
            claim = new Claim(start, wanted);
            uint end = RingWindow.Advance(start, wanted, slots);
            _ends![start] = end;
            indexes.HwLease = end;
            _openClaims++;
        }

        Exit();
        return claimed;
    }

    /// <summary>Hands filled slots over.</summary>
    /// <returns>True when hwtail moved: the caller wakes the receiver.</returns>
    internal bool Complete(ref RingIndexes indexes, ref RingCounters counters, in Claim claim, uint frames, ulong bytes)
    {
        Enter();
        counters.Frames += frames;
        counters.Bytes += bytes;
        uint[] ends = _ends!;
        ends[claim.Start] |= Done;
        _openClaims--;
        uint tail = indexes.HwTail;
        bool moved = tail == claim.Start;
        if (moved)
        {
            uint lease = indexes.HwLease;
            do
            {
                tail = ends[tail] & ~Done;
            }
            while (tail != lease && (ends[tail] & Done) != 0);

            Volatile.Write(ref indexes.HwTail, tail);
        }

        Exit();
        return moved;
    }

    /// <summary>Waits until no claim is open. The caller is in the gate, and is there again at the end.</summary>
    private void AwaitClaims()
    {
        SpinWait wait = default;
        while (_openClaims != 0)
        {
            Exit();
            wait.SpinOnce();
            Enter();
        }
    }

    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _gate, 1, 0) != 0)
        {
            WaitForGate();
        }
    }

    private void WaitForGate()
    {
        SpinWait wait = default;
        do
        {
            // Never sleeps: the holder needs some dozens of instructions, or its time slice back.
            wait.SpinOnce(sleep1Threshold: -1);
        }
        while (Interlocked.CompareExchange(ref _gate, 1, 0) != 0);
    }

    private void Exit() => Volatile.Write(ref _gate, 0);
}

using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// A receive ring with several senders. A sender claims slots under the gate (a lease), fills them without it, and hands
/// them over under the gate; hwtail moves over finished leases in the order in which they were claimed, so senders copy
/// side by side and the receiver sees no holes. The gate is a spin lock that is held for a few dozen instructions.
/// </summary>
internal sealed unsafe partial class Kring
{
    /// <summary>Leases that can be open at a time: more than there are sending threads.</summary>
    private const uint LeasesMax = 64;

    private Lease[]? _leases;
    private uint _firstLease;
    private uint _nextLease;
    private int _gate;
    private bool _isOpen;

    /// <summary>Who empties the ring, where that is the daemon itself; null where a program does.</summary>
    internal IConsumer? Consumer { get; set; }

    /// <summary>A claim of slots [Start, Start + Count).</summary>
    internal readonly record struct Claim(uint Start, uint Count, uint Id);

    /// <summary>Lets senders in. Control plane.</summary>
    internal void OpenGate()
    {
        _leases ??= new Lease[LeasesMax];
        Indexes.HwLease = Indexes.HwTail;
        EnterGate();
        _isOpen = true;
        ExitGate();
    }

    /// <summary>Somebody receives here. May be out of date when read; a claim looks again.</summary>
    internal bool IsGateOpen => Volatile.Read(ref _isOpen);

    /// <summary>Lets no sender in any more and waits for those who are copying. Control plane.</summary>
    internal void CloseGate()
    {
        EnterGate();
        _isOpen = false;
        AwaitLeases();
        ExitGate();
    }

    /// <summary>Who holds a lease swaps buffers with the ring's slots instead of copying. Control plane.</summary>
    internal bool ExchangesBuffers { get; set; }

    /// <summary>Keeps the gate, at a moment when nobody swaps.</summary>
    public void HoldStill()
    {
        if (ExchangesBuffers)
        {
            EnterGate();
            AwaitLeases();
        }
    }

    public void LetGo()
    {
        if (ExchangesBuffers)
        {
            ExitGate();
        }
    }

    /// <summary>
    /// Claims slots, all that are wanted or none.
    /// </summary>
    /// <param name="wanted">Slots wanted.</param>
    /// <param name="free">Slots that were free; fewer than wanted when nothing was claimed.</param>
    /// <param name="claim">The claim, when all of it fits.</param>
    /// <returns>False when the ring is closed, or has fewer free slots, or no lease is left: nothing was claimed.</returns>
    internal bool TryClaim(uint wanted, out uint free, out Claim claim)
    {
        claim = default;
        EnterGate();
        free = _isOpen && _nextLease - _firstLease < LeasesMax
            ? NumSlots - 1 - RingWindow.Distance(Volatile.Read(ref Indexes.HwCur), Indexes.HwLease, NumSlots)
            : 0;
        bool claimed = wanted != 0 && wanted <= free;
        if (claimed)
        {
            claim = new Claim(Indexes.HwLease, wanted, _nextLease);
            Indexes.HwLease = RingWindow.Advance(Indexes.HwLease, wanted, NumSlots);
            _leases![_nextLease++ % LeasesMax] = new Lease(Indexes.HwLease, IsDone: false);
        }

        ExitGate();
        return claimed;
    }

    /// <summary>Hands filled slots over.</summary>
    /// <returns>True when hwtail moved: the caller wakes the receiver.</returns>
    internal bool Complete(in Claim claim, uint frames, ulong bytes)
    {
        // Here the slots are filled and still the sender's alone.
        _monitors?.Arrived(this, claim.Start, claim.Count);
        EnterGate();
        if (Direction == RingDirection.Rx)
        {
            // A TX ring is an attached interface's: it counts what leaves by the wire.
            Counters.Frames += frames;
            Counters.Bytes += bytes;
        }
        Lease[] leases = _leases!;
        leases[claim.Id % LeasesMax] = leases[claim.Id % LeasesMax] with { IsDone = true };
        bool moved = claim.Id == _firstLease;
        if (moved)
        {
            uint end;
            do
            {
                end = leases[_firstLease % LeasesMax].End;
                _firstLease++;
            }
            while (_firstLease != _nextLease && leases[_firstLease % LeasesMax].IsDone);

            Volatile.Write(ref Indexes.HwTail, end);
        }

        ExitGate();
        return moved;
    }

    /// <summary>Counts frames that found no room here. Several senders may.</summary>
    internal void CountNoRoom(uint frames) => Interlocked.Add(ref Counters.NoRoom, frames);

    /// <summary>True for the index of a buffer that a slot may have.</summary>
    internal bool IsBuffer(uint index) =>
        index - NetmapApi.FirstUsableBuffer < BufferCount - NetmapApi.FirstUsableBuffer;

    /// <summary>The data of a slot that a program can write: index checked, buffer 0 for a bad one.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    internal byte* BufferOf(uint index)
    {
        return Buffers + ((ulong)UsableIndex(index) * BufferSize);
    }

    /// <summary>The index if it is a buffer that programs may use, else 0.</summary>
    internal uint UsableIndex(uint index) => IsBuffer(index) ? index : 0;

    /// <summary>Waits until no lease is open. The caller is in the gate, and is there again at the end.</summary>
    private void AwaitLeases()
    {
        SpinWait wait = default;
        while (_firstLease != _nextLease)
        {
            ExitGate();
            wait.SpinOnce();
            EnterGate();
        }
    }

    private void EnterGate()
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

    private void ExitGate() => Volatile.Write(ref _gate, 0);

    private readonly record struct Lease(uint End, bool IsDone);
}

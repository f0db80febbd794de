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
        SpinWait wait = default;
        EnterGate();
        _isOpen = false;
        while (_firstLease != _nextLease)
        {
            ExitGate();
            wait.SpinOnce();
            EnterGate();
        }

        ExitGate();
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
        EnterGate();
        Counters.Frames += frames;
        Counters.Bytes += bytes;
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

    /// <summary>The data of a slot that a program can write: index checked, buffer 0 for a bad one.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    internal byte* BufferOf(uint index)
    {
        index = index - NetmapApi.FirstUsableBuffer < BufferCount - NetmapApi.FirstUsableBuffer ? index : 0;
        return Buffers + ((ulong)index * BufferSize);
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

using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Rings;

/// <summary>A receive ring with several senders, who come through its <see cref="SenderGate"/>.</summary>
internal sealed unsafe partial class Kring
{
    private readonly SenderGate _gate = new();

    /// <summary>Who empties the ring, where that is the daemon itself; null where a program does.</summary>
    internal IConsumer? Consumer { get; set; }

    /// <summary>Lets senders in. Control plane.</summary>
    internal void OpenGate() => _gate.Open(ref Indexes, NumSlots);

    /// <summary>Somebody receives here. May be out of date when read; a claim looks again.</summary>
    internal bool IsGateOpen => _gate.IsOpen;

    /// <summary>Lets no sender in any more and waits for those who are copying. Control plane.</summary>
    internal void CloseGate() => _gate.Close();

    /// <summary>Who has claimed slots swaps buffers with them instead of copying. Control plane.</summary>
    internal bool ExchangesBuffers { get; set; }

    /// <summary>Keeps the gate, at a moment when nobody swaps.</summary>
    public void HoldStill()
    {
        if (ExchangesBuffers)
        {
            _gate.HoldStill();
        }
    }

    public void LetGo()
    {
        if (ExchangesBuffers)
        {
            _gate.LetGo();
        }
    }

    /// <summary>Claims slots, all that are wanted or none.</summary>
    /// <param name="wanted">Slots wanted.</param>
    /// <param name="free">Slots that were free; fewer than wanted when nothing was claimed.</param>
    /// <param name="claim">The claim, when all of it fits.</param>
    /// <returns>False when the ring is closed, or has fewer free slots: nothing was claimed.</returns>
    internal bool TryClaim(uint wanted, out uint free, out Claim claim) =>
        _gate.TryClaim(ref Indexes, NumSlots, wanted, out free, out claim);

    /// <summary>Hands filled slots over.</summary>
    /// <returns>True when hwtail moved: the caller wakes the receiver.</returns>
    internal bool Complete(in Claim claim, uint frames, ulong bytes)
    {
        // Here the slots are filled and still the sender's alone.
        _monitors?.Arrived(this, claim.Start, claim.Count);
        // A TX ring is an attached interface's: it counts what leaves by the wire.
        bool counts = Direction == RingDirection.Rx;
        return _gate.Complete(ref Indexes, ref Counters, claim, counts ? frames : 0, counts ? bytes : 0);
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
}

using System.Runtime.Intrinsics;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Rings;

/// <summary>TX rings whose slots may point into the memory of the program.</summary>
internal sealed unsafe partial class Kring
{
    private IndirectStage? _stage;
    private int _starts;

    /// <summary>Where data of indirect slots is; null as long as there never was any.</summary>
    internal IndirectStage? Stage => Volatile.Read(ref _stage);

    /// <summary>Grows with every <see cref="Start"/>: who let go of the ring sees whether it is still for the same bindings.</summary>
    internal int Starts => Volatile.Read(ref _starts);

    /// <summary>The stage, made where there was none.</summary>
    internal IndirectStage MakeStage() =>
        Stage ?? Interlocked.CompareExchange(ref _stage, new IndirectStage(NumSlots), null) ?? _stage;

    /// <summary>
    /// Some slot between hwcur and rhead is indirect now, and its data is not on the stage. The caller holds the ring.
    /// </summary>
    internal bool LacksIndirectData => HasIndirect() && Stage?.Covers(this) != true;

    private bool HasIndirect()
    {
        uint first = Indexes.HwCur;
        uint head = Indexes.RHead;
        return first <= head
            ? HasIndirect(first, head)
            : HasIndirect(first, NumSlots) || HasIndirect(0, head);
    }

    /// <summary>Four slots at a time: this look costs 2 to 3 % of the rate of 60-byte frames.</summary>
    private bool HasIndirect(uint first, uint end)
    {
        const ulong Flag = (ulong)SlotFlags.Indirect << 48;
        const uint Step = 4;
        Vector512<ulong> seen = Vector512<ulong>.Zero;
        for (; first + Step <= end; first += Step)
        {
            seen |= Vector512.Load((ulong*)(Slots + first));
        }

        ulong rest = 0;
        for (; first < end; first++)
        {
            rest |= *(ulong*)(Slots + first);
        }

        // Index, length and flags of a slot are its first word; the second is the pointer.
        Vector512<ulong> flags = seen & Vector512.Create(Flag, 0, Flag, 0, Flag, 0, Flag, 0);
        return flags != Vector512<ulong>.Zero || (rest & Flag) != 0;
    }
}

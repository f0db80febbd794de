using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// Packets that start at a place of their slot's own: the low bits of its ptr (reference/netmap-behaviour.md section 17).
/// A ring has no offsets until a binding asks for them, and then keeps them until it is deleted.
/// </summary>
internal sealed unsafe partial class Kring
{
    private const uint CacheLine = 64;

    private ulong _offsetMask;
    private ulong _offsetMax;
    private ulong _offsetInitial;

    /// <summary>Some binding of the ring asked for offsets. The control plane may set it at any time.</summary>
    internal bool HasOffsets => Volatile.Read(ref _offsetMask) != 0;

    /// <summary>
    /// Packets do not start where a cache line does, or buffers do not end where one does (memory of a client): what is copied from
    /// or to the ring is copied to the byte.
    /// </summary>
    internal bool CopiesExactly => HasOffsets || BufferSize % CacheLine != 0;

    /// <summary>Which bits of a slot's ptr are the offset; 0 for a ring without offsets.</summary>
    internal ulong OffsetMask => Volatile.Read(ref _offsetMask);

    /// <summary>The largest offset that counts, at most the buffer size.</summary>
    internal ulong OffsetMax => _offsetMax;

    /// <summary>The offset that the slots of the ring started with.</summary>
    internal ulong OffsetInitial => _offsetInitial;

    /// <summary>Where the packet starts that a slot with this ptr holds; at most the buffer size.</summary>
    internal uint OffsetOf(ulong pointer) => (uint)Math.Min(pointer & OffsetMask, _offsetMax);

    /// <summary>The same ptr with another offset.</summary>
    internal ulong WithOffset(ulong pointer, ulong offset)
    {
        ulong mask = OffsetMask;
        return (pointer & ~mask) | (offset & mask);
    }

    /// <summary>
    /// Where <paramref name="length"/> bytes of a packet go in a slot that is the caller's; null when they do not fit behind
    /// the slot's offset. The slot can change meanwhile: its words are read once.
    /// </summary>
    internal byte* DestinationOf(NetmapSlot* slot, uint length)
    {
        uint offset = HasOffsets ? OffsetOf(Volatile.Read(ref slot->Pointer)) : 0;
        return length <= BufferSize - offset ? BufferOf(Volatile.Read(ref slot->BufferIndex)) + offset : null;
    }

    /// <summary>Gives a ring that has none its offsets. Control plane; others may be using the ring.</summary>
    /// <param name="mask">Which bits of ptr; not 0.</param>
    /// <param name="max">The largest offset, at most the buffer size.</param>
    internal void SetOffsets(ulong mask, ulong max)
    {
        _offsetMax = max;
        _offsetInitial = 0;
        Volatile.Write(ref _offsetMask, mask);
        _ring->OffsetMask = mask;
    }

    /// <summary>
    /// Writes an offset in every slot that holds no packet. Control plane, before anybody is bound to the ring; the other
    /// end of a pipe may be sending, and what it has put in a slot meanwhile stays.
    /// </summary>
    internal void InitialiseOffsets(ulong offset)
    {
        _offsetInitial = offset;
        uint filled = Direction == RingDirection.Tx
            ? 0
            : RingWindow.Distance(Indexes.HwCur, Volatile.Read(ref Indexes.HwTail), NumSlots);
        for (uint i = 0; i < NumSlots; i++)
        {
            if (RingWindow.Distance(Indexes.HwCur, i, NumSlots) >= filled)
            {
                ulong old = Volatile.Read(ref Slots[i].Pointer);
                Interlocked.CompareExchange(ref Slots[i].Pointer, WithOffset(old, offset), old);
            }
        }
    }

    /// <summary>Takes the offsets away again: those of a binding that came to nothing, or of the ring's last life.</summary>
    internal void ClearOffsets()
    {
        Volatile.Write(ref _offsetMask, 0);
        _offsetMax = 0;
        _offsetInitial = 0;
        _ring->OffsetMask = 0;
    }
}

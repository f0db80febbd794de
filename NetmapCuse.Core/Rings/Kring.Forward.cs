using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Rings;

/// <summary>Transparent forwarding between host rings and NIC rings (reference/netmap-behaviour.md section 7.3).</summary>
internal sealed unsafe partial class Kring
{
    /// <summary>Released slots are forwarded: all of them by parameter, or those with NS_FORWARD where the ring asks for it.</summary>
    internal bool IsForwarding(bool all) => all || (SharedFlags & RingFlags.Forward) != 0;

    /// <summary>Where the program's head stands, when head and cur are possible. Changes nothing.</summary>
    internal bool TryPeekHead(out uint head)
    {
        head = Volatile.Read(ref _ring->Head);
        uint cur = Volatile.Read(ref _ring->Cur);
        return RingWindow.Holds(Indexes.HwCur, Volatile.Read(ref Indexes.HwTail), head, cur, NumSlots);
    }

    /// <summary>Slots of the frame that begins in one: up to the first without NS_MOREFRAG, at most up to a position.</summary>
    internal uint FrameSlots(uint first, uint head)
    {
        uint slot = first;
        bool hasMore = true;
        while (hasMore && slot != head)
        {
            hasMore = (FlagsOf(slot) & SlotFlags.MoreFragments) != 0;
            slot = RingWindow.Next(slot, NumSlots);
        }

        return RingWindow.Distance(first, slot, NumSlots);
    }

    /// <summary>
    /// Moves a packet from slots of this ring to the head of a TX ring, by swapping buffers, and moves that ring's head and cur
    /// over it: allowed only while the program is inside a call. Both rings are held and of one region.
    /// </summary>
    /// <returns>False when the TX ring has not that many slots left, or cannot have packets at this one's offset.</returns>
    internal bool TrySwapInto(uint first, uint count, Kring tx)
    {
        uint head = tx.Indexes.RHead;
        if (RingWindow.Distance(head, tx.Indexes.RTail, tx.NumSlots) < count)
        {
            return false;
        }

        for (uint i = 0; i < count; i++)
        {
            uint offset = OffsetOf(Slots[RingWindow.Advance(first, i, NumSlots)].Pointer);
            if (tx.OffsetOf(tx.WithOffset(0, offset)) != offset)
            {
                return false;
            }
        }

        for (uint i = 0; i < count; i++)
        {
            uint slot = RingWindow.Advance(first, i, NumSlots);
            NetmapSlot source = Slots[slot];
            NetmapSlot to = tx.Slots[head];
            tx.Slots[head] = to with
            {
                BufferIndex = source.BufferIndex,
                Length = source.Length,
                Flags = SlotFlags.BufferChanged | (source.Flags & SlotFlags.MoreFragments),
                Pointer = tx.WithOffset(to.Pointer, OffsetOf(source.Pointer)),
            };
            Slots[slot] = source with { BufferIndex = to.BufferIndex, Flags = SlotFlags.BufferChanged };
            head = RingWindow.Next(head, tx.NumSlots);
        }

        tx.Indexes.RHead = head;
        tx.Indexes.RCur = head;
        Volatile.Write(ref tx._ring->Cur, head);
        Volatile.Write(ref tx._ring->Head, head);
        return true;
    }

    /// <summary>The flags of a slot, read once.</summary>
    internal SlotFlags FlagsOf(uint slot) => Slots[slot].Flags;
}

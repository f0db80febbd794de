using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Pipes;

/// <summary>
/// Slots of a pipe whose receiver has offsets: a packet is at the sender's offset, but never below the one in the
/// receiver's slot (reference/netmap-behaviour.md section 17).
/// </summary>
internal static unsafe class PipeOffsets
{
    /// <summary>As the transfer without offsets does, with the larger of the two offsets.</summary>
    internal static SlotSum Pass(Kring tx, Kring rx, uint first, uint end)
    {
        SlotSum sum = default;
        for (uint i = first; i != end; i = RingWindow.Next(i, tx.NumSlots))
        {
            NetmapSlot slot = tx.Slots[i];
            if ((slot.Flags & SlotFlags.BufferChanged) != 0)
            {
                tx.Slots[i].Flags = slot.Flags & ~SlotFlags.BufferChanged;
            }

            // A sender without offsets has its data at 0, whatever is in ptr.
            uint offset = tx.OffsetOf(slot.Pointer);
            slot.Pointer = rx.WithOffset(slot.Pointer, Math.Max(offset, rx.OffsetOf(rx.Slots[i].Pointer)));
            rx.Slots[i] = slot;
            sum.Add(slot);
        }

        return sum;
    }

    /// <summary>
    /// Slots [first, end) went back to the sender: from here on the receiver's offset in them is the initial one again, not
    /// the one that the last packet happened to have.
    /// </summary>
    internal static void Reset(Kring rx, uint first, uint end)
    {
        for (uint i = first; i != end; i = RingWindow.Next(i, rx.NumSlots))
        {
            rx.Slots[i].Pointer = rx.WithOffset(rx.Slots[i].Pointer, rx.OffsetInitial);
        }
    }
}

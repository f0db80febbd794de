using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Pipes;

/// <summary>
/// The data path of a pipe. Slots travel whole, data never moves: the sender copies its slots into the receiver's ring, at
/// the same numbers, and moves the receiver's hwtail; the receiver copies released slots back and moves its hwcur, which
/// is the sender's space. Each of the two words has one writer, so no lock is needed. Slots are passed on as they are:
/// both ends share one region and can harm nobody but each other.
/// </summary>
internal static unsafe class PipeTransfer
{
    /// <summary>Sends what is between hwcur and rhead, up to the end of the last complete packet, and takes space back.</summary>
    internal static void Send(Kring tx, Kring rx)
    {
        uint n = tx.NumSlots;
        uint first = tx.Indexes.HwCur;
        uint released = Volatile.Read(ref rx.Indexes.HwCur);
        uint end = EndOfLastPacket(tx, first, tx.Indexes.RHead);
        SlotSum passed = rx.HasOffsets ? PipeOffsets.Pass(tx, rx, first, end) : Pass(tx, rx, first, end);
        tx.Indexes.HwTail = RingWindow.Previous(released, n);
        if (end != first)
        {
            tx.Indexes.HwCur = end;
            passed.AddTo(ref tx.Counters);
            passed.AddTo(ref rx.Counters);
            rx.Monitors?.Arrived(rx, first, RingWindow.Distance(first, end, n));
            Volatile.Write(ref rx.Indexes.HwTail, end);
            rx.Wake();
        }
    }

    /// <summary>Gives slots between hwcur and rhead back to the sender. hwtail is the sender's work already.</summary>
    internal static void Release(Kring rx, Kring tx)
    {
        uint n = rx.NumSlots;
        uint first = rx.Indexes.HwCur;
        uint head = rx.Indexes.RHead;
        if (head == first)
        {
            return;
        }

        _ = Pass(rx, tx, first, head);
        if (rx.HasOffsets)
        {
            PipeOffsets.Reset(rx, first, head);
        }

        Volatile.Write(ref rx.Indexes.HwCur, head);
        tx.Wake();
    }

    internal static bool HasSpaceToReclaim(Kring tx, Kring rx) =>
        RingWindow.Previous(Volatile.Read(ref rx.Indexes.HwCur), tx.NumSlots) != tx.Indexes.HwTail;

    /// <summary>Which buffers the two rings of a direction have: in flight they are where the receiver's slots say.</summary>
    internal static IReadOnlyList<uint> BuffersOf(Kring tx, Kring rx)
    {
        uint n = tx.NumSlots;
        uint inFlight = RingWindow.Distance(rx.Indexes.HwCur, rx.Indexes.HwTail, n);
        uint[] buffers = new uint[n];
        for (uint i = 0; i < n; i++)
        {
            bool isInFlight = RingWindow.Distance(rx.Indexes.HwCur, i, n) < inFlight;
            buffers[i] = isInFlight ? rx.Slots[i].BufferIndex : tx.Slots[i].BufferIndex;
        }

        return buffers;
    }

    /// <summary>Copies the slots [first, end) whole to the other side, which has none of them yet. </summary>
    private static SlotSum Pass(Kring from, Kring to, uint first, uint end)
    {
        uint n = from.NumSlots;
        SlotSum sum = default;
        for (uint i = first; i != end; i = RingWindow.Next(i, n))
        {
            NetmapSlot slot = from.Slots[i];
            sum.Add(slot);
            to.Slots[i] = slot;
            if ((slot.Flags & SlotFlags.BufferChanged) != 0)
            {
                from.Slots[i].Flags = slot.Flags & ~SlotFlags.BufferChanged;
            }
        }

        return sum;
    }

    /// <summary>One past the last slot without NS_MOREFRAG in [first, head); first when there is none.</summary>
    private static uint EndOfLastPacket(Kring tx, uint first, uint head)
    {
        uint n = tx.NumSlots;
        while (head != first)
        {
            uint last = RingWindow.Previous(head, n);
            if ((tx.Slots[last].Flags & SlotFlags.MoreFragments) == 0)
            {
                break;
            }

            head = last;
        }

        return head;
    }
}

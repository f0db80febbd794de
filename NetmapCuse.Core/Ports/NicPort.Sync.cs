using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>The data path.</summary>
internal sealed partial class NicPort
{
    internal override bool TxSync(Kring ring)
    {
        uint head = ring.Indexes.RHead;
        if (ring.IsHost)
        {
            ring.Indexes.HwCur = SendUp(ring, ring.Indexes.HwCur, head);
            ring.Indexes.HwTail = RingWindow.Previous(head, ring.NumSlots);
            return !_isGone;
        }

        if (_transmit[ring.Index] is not { } queue || _isGone)
        {
            return false;
        }

        uint first = ring.Indexes.HwCur;
        if (first != head)
        {
            ring.Indexes.HwCur = Transmit(ring, queue, first, head);
        }

        ring.Indexes.HwTail = Reclaim(ring, queue, ring.Indexes.HwTail, RingWindow.Previous(ring.Indexes.HwCur, ring.NumSlots));
        return true;
    }

    internal override bool RxSync(Kring ring)
    {
        uint head = ring.Indexes.RHead;
        uint first = ring.Indexes.HwCur;
        if (ring.IsHost)
        {
            Volatile.Write(ref ring.Indexes.HwCur, head);
            TakeFromHost(ring);
            return !_isGone;
        }

        if (_receive[ring.Index] is not { } queue || _isGone)
        {
            return false;
        }

        uint n = ring.NumSlots;
        if (first != head)
        {
            ForwardUp(ring, first, head);
            queue.Refill(new SlotBatch(ring, first, RingWindow.Distance(first, head, n)));
            Volatile.Write(ref ring.Indexes.HwCur, head);
        }

        uint tail = ring.Indexes.HwTail;
        uint room = n - 1 - RingWindow.Distance(head, tail, n);
        if (room != 0 && (_tunables.NoPendingInterrupt || ring.TakeMustLook()))
        {
            uint received = queue.Receive(new SlotBatch(ring, tail, room));
            Volatile.Write(ref ring.Indexes.HwTail, RingWindow.Advance(tail, Math.Min(received, room), n));
            if (received != 0)
            {
                // There may be more, which nobody announces again.
                ring.MustLook();
            }
        }

        return true;
    }

    private protected override uint TxSwitched(Kring ring, uint tail)
    {
        if (ring.IsHost)
        {
            ring.Indexes.RHead = SendUp(ring, ring.Indexes.RHead, tail);
            return tail;
        }

        if (_transmit[ring.Index] is not { } queue || _isGone)
        {
            return ring.Indexes.HwCur;
        }

        if (ring.Indexes.RHead != tail)
        {
            ring.Indexes.RHead = Transmit(ring, queue, ring.Indexes.RHead, tail);
        }

        return Reclaim(ring, queue, ring.Indexes.HwCur, ring.Indexes.RHead);
    }

    /// <returns>The first slot that was not taken.</returns>
    private static uint Transmit(Kring ring, ITransmitQueue queue, uint first, uint head)
    {
        uint offered = RingWindow.Distance(first, head, ring.NumSlots);
        uint taken = Math.Min(queue.Transmit(new SlotBatch(ring, first, offered)), offered);
        return RingWindow.Advance(first, taken, ring.NumSlots);
    }

    /// <returns>The position <paramref name="from"/>, moved on by what is done with, at most to <paramref name="end"/>.</returns>
    private static uint Reclaim(Kring ring, ITransmitQueue queue, uint from, uint end)
    {
        uint most = RingWindow.Distance(from, end, ring.NumSlots);
        return most == 0 ? from : RingWindow.Advance(from, Math.Min(queue.Reclaim(), most), ring.NumSlots);
    }
}

using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// Receives by a ring of as many descriptors as the netmap ring has slots. One descriptor stays with the driver, so that a chip with
/// head and tail never takes a full ring for an empty one.
/// </summary>
/// <param name="ring">The netmap ring.</param>
/// <param name="iova">Where the ring's region begins for the chip.</param>
/// <param name="block">The descriptors.</param>
/// <param name="doorbell">Tells the chip.</param>
/// <param name="bytes">As much of each buffer the chip uses.</param>
internal sealed class DescriptorReceiveQueue<TFormat>(
    AdapterRing ring, ulong iova, DmaBlock block, Doorbell doorbell, uint bytes) : NicReceiveQueue(ring, iova, block)
    where TFormat : struct, IDescriptorFormat
{
    private readonly uint[] _buffers = new uint[ring.NumSlots];
    private readonly uint _count = ring.NumSlots;
    private uint _next; // the next descriptor that the chip fills
    private uint _given; // the next descriptor to give
    private uint _held; // how many descriptors have buffers: from the first of those two to the other

    public override bool HasNews => TFormat.IsReceived(ref Block.Items<Descriptor>()[(int)_next]);

    public override void Refill(SlotBatch slots)
    {
        if (slots.Count == 0)
        {
            return;
        }

        Take(slots);
        Tell();
    }

    internal override void Take(SlotBatch slots)
    {
        Span<Descriptor> ring = Block.Items<Descriptor>()[..(int)_count];
        uint given = _given;
        for (uint i = 0; i < slots.Count; i++)
        {
            uint buffer = slots.TakeBuffer(i);
            Give(ref ring[(int)given], given, buffer);
            given = RingWindow.Next(given, _count);
        }

        _given = given;
        _held += slots.Count;
    }

    /// <summary>The chip may have all that was given, but for one.</summary>
    internal override void Tell() => doorbell.Ring(RingWindow.Previous(_given, _count));

    public override uint Receive(SlotBatch slots)
    {
        Span<Descriptor> ring = Block.Items<Descriptor>()[..(int)_count];
        uint next = _next;
        uint held = _held;
        uint filled = 0;
        uint dropped = 0;
        while (filled < slots.Count && held != 0 && TFormat.IsReceived(ref ring[(int)next]))
        {
            ReceivedPart part = TFormat.Received(ref ring[(int)next]);
            if (part.IsLast && !part.IsBad)
            {
                slots.Put(filled++, _buffers[next], Math.Min(part.Length, bytes), SlotFlags.None);
                next = RingWindow.Next(next, _count);
                held--;
                continue;
            }

            uint parts = Parts(ring, next, held, out bool isBad);
            if (parts == 0 || (!isBad && parts > slots.Count - filled))
            {
                break;
            }

            if (isBad)
            {
                dropped += parts;
                Recycle(ring, next, parts, held);
            }
            else
            {
                PutParts(ring, next, parts, slots, filled);
                filled += parts;
                held -= parts;
            }

            next = RingWindow.Advance(next, parts, _count);
        }

        _next = next;
        _held = held;
        if (dropped != 0)
        {
            Tell();
        }

        return filled;
    }

    internal override void Rewind()
    {
        uint[] buffers = new uint[_held];
        for (uint i = 0; i < _held; i++)
        {
            buffers[i] = _buffers[RingWindow.Advance(_next, i, _count)];
        }

        Block.Clear();
        Span<Descriptor> ring = Block.Items<Descriptor>();
        for (uint i = 0; i < buffers.Length; i++)
        {
            Give(ref ring[(int)i], i, buffers[i]);
        }

        _next = 0;
        _given = _held == _count ? 0 : _held;
    }

    public override void MarkShown(BufferSet shown)
    {
        foreach (ref uint buffer in _buffers.AsSpan())
        {
            shown.Add(Volatile.Read(ref buffer));
        }
    }

    protected override void GiveBack(SlotBatch slots)
    {
        Check.That(slots.Count == _held, "a receive queue has other buffers than it was given");
        for (uint i = 0; i < slots.Count; i++)
        {
            slots.PutBack(i, _buffers[RingWindow.Advance(_next, i, _count)]);
        }

        _held = 0;
    }

    private void Give(ref Descriptor descriptor, uint at, uint buffer)
    {
        _buffers[at] = buffer;
        TFormat.WriteReceive(
            ref descriptor, BufferPool + ((ulong)buffer * BufferSize), bytes, TFormat.MarksEnd && at == _count - 1);
    }

    /// <summary>Descriptors of the frame that begins here; 0 when its end is not there.</summary>
    private uint Parts(Span<Descriptor> ring, uint first, uint held, out bool isBad)
    {
        isBad = false;
        uint at = first;
        for (uint parts = 1; parts <= held; parts++)
        {
            if (!TFormat.IsReceived(ref ring[(int)at]))
            {
                return 0;
            }

            ReceivedPart part = TFormat.Received(ref ring[(int)at]);
            isBad |= part.IsBad;
            if (part.IsLast)
            {
                return parts;
            }

            at = RingWindow.Next(at, _count);
        }

        return 0;
    }

    private void PutParts(Span<Descriptor> ring, uint first, uint parts, SlotBatch slots, uint filled)
    {
        for (uint i = 0; i < parts; i++)
        {
            uint at = RingWindow.Advance(first, i, _count);
            uint length = Math.Min(TFormat.Received(ref ring[(int)at]).Length, bytes);
            slots.Put(filled + i, _buffers[at], length, i + 1 < parts ? SlotFlags.MoreFragments : SlotFlags.None);
        }
    }

    /// <summary>Gives buffers of a damaged frame to the chip again, behind all others.</summary>
    private void Recycle(Span<Descriptor> ring, uint first, uint parts, uint held)
    {
        for (uint i = 0; i < parts; i++)
        {
            uint from = RingWindow.Advance(first, i, _count);
            uint to = RingWindow.Advance(from, held == _count ? 0 : held, _count);
            Give(ref ring[(int)to], to, _buffers[from]);
        }

        _given = RingWindow.Advance(_given, parts, _count);
    }
}

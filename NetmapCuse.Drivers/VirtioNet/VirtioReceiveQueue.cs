using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>Receives by a virtqueue: a table of header and buffer for each slot. The device may fill them in any order.</summary>
internal sealed class VirtioReceiveQueue<TRing> : NicReceiveQueue
    where TRing : struct, IVirtioRing
{
    private readonly VirtioTables _tables;
    private readonly Doorbell _doorbell;
    private readonly uint[] _buffers;
#pragma warning disable IDE0044 // a struct that changes itself
    private TRing _ring;
#pragma warning restore IDE0044

    internal VirtioReceiveQueue(
        AdapterRing ring, ulong iova, DmaBlock block, DmaBlock tables, TRing virtqueue, Doorbell doorbell)
        : base(ring, iova, block)
    {
        _tables = new VirtioTables(tables, ring.NumSlots);
        _doorbell = doorbell;
        _buffers = new uint[ring.NumSlots];
        _ring = virtqueue;
    }

    public override bool HasNews => _ring.HasUsed;

    public override void Refill(SlotBatch slots)
    {
        if (slots.Count != 0)
        {
            Take(slots);
            Tell();
        }
    }

    internal override void Take(SlotBatch slots)
    {
        for (uint i = 0; i < slots.Count; i++)
        {
            uint buffer = slots.TakeBuffer(i);
            uint id = _tables.Take();
            _buffers[id] = buffer;
            Give(id);
        }
    }

    internal override void Tell()
    {
        if (_ring.Publish())
        {
            _doorbell.Ring(0);
        }
    }

    public override uint Receive(SlotBatch slots)
    {
        uint filled = 0;
        for (uint i = 0; i < _tables.Count && filled < slots.Count && _ring.TryTake(out uint id, out uint bytes); i++)
        {
            if (_tables.TryReturn(id))
            {
                uint length = bytes > VirtioTables.HeaderBytes ? bytes - VirtioTables.HeaderBytes : 0;
                slots.Put(filled++, _buffers[id], Math.Min(length, BufferSize), SlotFlags.None);
            }
        }

        return filled;
    }

    internal override void Rewind()
    {
        List<uint> held = [];
        for (uint id = 0; id < _tables.Count; id++)
        {
            if (_tables.IsOut(id))
            {
                held.Add(_buffers[id]);
            }
        }

        _tables.Rewind();
        _ring.Rewind();
        foreach (uint buffer in held)
        {
            uint id = _tables.Take();
            _buffers[id] = buffer;
            Give(id);
        }
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
        uint at = 0;
        for (uint id = 0; id < _tables.Count; id++)
        {
            if (_tables.IsOut(id))
            {
                slots.PutBack(at++, _buffers[id]);
            }
        }

        Check.That(at == slots.Count, "a receive queue has other buffers than it was given");
        _tables.Rewind();
    }

    private void Give(uint id)
    {
        Span<Descriptor> table = _tables.Entry(id);
        table[0].Low = _tables.Header;
        table[0].High = TRing.TableWord(VirtioTables.HeaderBytes, isWritten: true, 0, hasNext: true);
        table[1].Low = BufferPool + ((ulong)_buffers[id] * BufferSize);
        table[1].High = TRing.TableWord(BufferSize, isWritten: true, 1, hasNext: false);
        _ring.Give(id, _tables.Table(id), VirtioTables.UsualBytes);
    }
}

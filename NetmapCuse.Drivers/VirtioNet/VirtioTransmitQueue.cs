using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>Sends by a virtqueue. The device may be done with frames in any order; slots are done in theirs.</summary>
internal sealed class VirtioTransmitQueue<TRing> : NicTransmitQueue
    where TRing : struct, IVirtioRing
{
    private readonly VirtioTables _tables;
    private readonly Doorbell _doorbell;
    private readonly uint _frameMax;
    private readonly uint _mask;
    private readonly uint[] _buffers;
    private readonly uint[] _order; // by table: number of its frame
    private readonly bool[] _isDone; // by number of a frame, as those that follow
    private readonly uint[] _taken; // slots that were taken with it
    private uint _first; // the oldest frame that is not done
    private uint _next;
#pragma warning disable IDE0044 // a struct that changes itself
    private TRing _ring;
#pragma warning restore IDE0044

    internal VirtioTransmitQueue(
        AdapterRing ring, ulong iova, DmaBlock block, DmaBlock tables, TRing virtqueue, NicLink link, Doorbell doorbell, uint frameMax)
        : base(ring, iova, block, link)
    {
        _tables = new VirtioTables(tables, ring.NumSlots);
        _doorbell = doorbell;
        _frameMax = frameMax;
        _mask = ring.NumSlots - 1;
        _buffers = new uint[ring.NumSlots * VirtioTables.BuffersMax];
        _order = new uint[ring.NumSlots];
        _isDone = new bool[ring.NumSlots];
        _taken = new uint[ring.NumSlots];
        _ring = virtqueue;
    }

    public override bool HasNews => _first != _next && _ring.HasUsed;

    internal override void Rewind()
    {
        Done = Taken;
        _first = _next = 0;
        Array.Clear(_isDone);
        _tables.Rewind();
        _ring.Rewind();
    }

    public override void MarkShown(BufferSet shown)
    {
        foreach (ref uint buffer in _buffers.AsSpan())
        {
            shown.Add(Volatile.Read(ref buffer));
        }
    }

    protected override uint Send(SlotBatch slots)
    {
        uint taken = 0;
        bool any = false;
        while (taken < slots.Count && _tables.Free != 0)
        {
            uint parts = Parts(slots, taken);
            if (parts == 0)
            {
                break;
            }

            bool sent = SendFrame(slots, taken, parts);
            taken += parts;
            Taken += parts;
            if (sent)
            {
                _taken[(_next - 1) & _mask] = Taken;
                any = true;
            }
            else
            {
                Skip();
            }
        }

        if (any && _ring.Publish())
        {
            _doorbell.Ring(0);
        }

        return taken;
    }

    protected override void Clean()
    {
        // As many as there can be: a device that goes on for ever does not keep us.
        for (uint i = 0; i < _tables.Count && _ring.TryTake(out uint id, out _); i++)
        {
            if (_tables.TryReturn(id))
            {
                _isDone[_order[id] & _mask] = true;
            }
        }

        while (_first != _next && _isDone[_first & _mask])
        {
            _isDone[_first & _mask] = false;
            Done = _taken[_first & _mask];
            _first++;
        }
    }

    /// <summary>Slots of the frame that begins here; 0 when its end is not there.</summary>
    private static uint Parts(SlotBatch slots, uint first)
    {
        for (uint i = first; i < slots.Count; i++)
        {
            if (!slots.IsPart(i))
            {
                return i - first + 1;
            }
        }

        return slots.Count - first > VirtioTables.BuffersMax ? slots.Count - first : 0;
    }

    /// <returns>False: it cannot be sent, and its slots are done with.</returns>
    private bool SendFrame(SlotBatch slots, uint first, uint parts)
    {
        Span<NetmapSlot> used = stackalloc NetmapSlot[(int)VirtioTables.BuffersMax];
        uint length = 0;
        int count = 0;
        bool isGood = parts <= VirtioTables.BuffersMax;
        for (uint i = 0; i < parts; i++)
        {
            NetmapSlot slot = slots.Read(first + i);
            isGood &= slot.BufferIndex != 0;
            length += slot.Length;
            if (isGood && slot.Length != 0)
            {
                used[count++] = slot;
            }
        }

        if (!isGood || count == 0 || length > _frameMax)
        {
            Ring.CountBadSlot();
            return false;
        }

        uint id = _tables.Take();
        Span<Descriptor> table = _tables.Entry(id);
        table[0].Low = _tables.Header;
        table[0].High = TRing.TableWord(VirtioTables.HeaderBytes, isWritten: false, 0, hasNext: true);
        for (int i = 0; i < count; i++)
        {
            NetmapSlot slot = used[i];
            _buffers[(id * VirtioTables.BuffersMax) + (uint)i] = slot.BufferIndex;
            table[i + 1].Low = BufferPool + ((ulong)slot.BufferIndex * BufferSize) + slot.Pointer;
            table[i + 1].High = TRing.TableWord(slot.Length, isWritten: false, (uint)i + 1, hasNext: i + 1 < count);
        }

        _order[id] = _next++;
        _ring.Give(id, _tables.Table(id), VirtioTables.TableBytes((uint)count));
        return true;
    }

    /// <summary>Slots without a frame are done when all before them are.</summary>
    private void Skip()
    {
        if (_first == _next)
        {
            Done = Taken;
        }
        else
        {
            _taken[(_next - 1) & _mask] = Taken;
        }
    }
}

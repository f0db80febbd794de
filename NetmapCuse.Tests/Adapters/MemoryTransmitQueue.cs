using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Tests.Adapters;

/// <summary>Sends at once, one frame a packet; completes when the adapter lets it.</summary>
internal sealed class MemoryTransmitQueue(MemoryAdapter adapter, AdapterRing ring) : ITransmitQueue
{
    private readonly Lock _lock = new();
    private readonly List<byte> _packet = [];
    private readonly Queue<uint> _inFlight = new();

    internal AdapterRing Ring => ring;

    public bool HasNews => !adapter.HoldsCompletions && _inFlight.Count != 0;

    public uint Transmit(SlotBatch slots)
    {
        for (uint i = 0; i < slots.Count; i++)
        {
            NetmapSlot slot = slots.Read(i);
            _packet.AddRange(slots.Data(slot));
            if ((slot.Flags & SlotFlags.MoreFragments) == 0)
            {
                adapter.SendOut([.. _packet], ring.Number);
                _packet.Clear();
            }

            lock (_lock)
            {
                _inFlight.Enqueue(slot.BufferIndex);
            }
        }

        return slots.Count;
    }

    public uint Reclaim()
    {
        lock (_lock)
        {
            uint done = adapter.HoldsCompletions ? 0 : (uint)_inFlight.Count;
            for (uint i = 0; i < done; i++)
            {
                _ = _inFlight.Dequeue();
            }

            return done;
        }
    }

    public void MarkShown(BufferSet shown)
    {
        lock (_lock)
        {
            foreach (uint buffer in _inFlight)
            {
                shown.Add(buffer);
            }
        }
    }

    public void Close() => adapter.Forget(this);
}

using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Tests.Adapters;

/// <summary>Receives into the buffer it got last, so that buffers are hardly ever in the slots that they came from.</summary>
internal sealed class MemoryReceiveQueue(MemoryAdapter adapter, AdapterRing ring) : IReceiveQueue
{
    private const int BacklogMax = 4096;

    private readonly Lock _lock = new();
    private readonly Stack<uint> _buffers = new();
    private readonly ConcurrentQueue<byte[]> _arrived = new();

    internal AdapterRing Ring => ring;

    public bool HasNews => !_arrived.IsEmpty;

    internal void Arrive(byte[] frame)
    {
        if (_arrived.Count < BacklogMax)
        {
            _arrived.Enqueue(frame);
        }
        else
        {
            ring.CountNoRoom(1);
        }
    }

    public void Refill(SlotBatch slots)
    {
        lock (_lock)
        {
            for (uint i = 0; i < slots.Count; i++)
            {
                _buffers.Push(slots.TakeBuffer(i));
            }
        }
    }

    public uint Receive(SlotBatch slots)
    {
        uint filled = 0;
        while (_arrived.TryPeek(out byte[]? frame))
        {
            int size = (int)slots.BufferSize;
            int needed = Math.Max(1, (frame.Length + size - 1) / size);
            if (needed > slots.Count - filled || !_arrived.TryDequeue(out frame))
            {
                break;
            }

            for (int i = 0; i < needed; i++)
            {
                ReadOnlySpan<byte> part = frame.AsSpan(i * size, Math.Min(size, frame.Length - (i * size)));
                SlotFlags flags = i + 1 < needed ? SlotFlags.MoreFragments : SlotFlags.None;
                uint buffer = Take();
                part.CopyTo(slots.Data(buffer, (uint)part.Length));
                slots.Put(filled++, buffer, (uint)part.Length, flags);
            }
        }

        return filled;
    }

    public void MarkShown(BufferSet shown)
    {
        lock (_lock)
        {
            foreach (uint buffer in _buffers)
            {
                shown.Add(buffer);
            }
        }
    }

    public void Close(SlotBatch slots)
    {
        adapter.Forget(this);
        for (uint i = 0; i < slots.Count; i++)
        {
            slots.PutBack(i, Take());
        }
    }

    private uint Take()
    {
        lock (_lock)
        {
            return _buffers.Pop();
        }
    }
}

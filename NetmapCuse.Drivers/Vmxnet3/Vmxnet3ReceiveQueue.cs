using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Vmxnet3;

/// <summary>Receives by a ring of buffers for whole frames, and a ring of completions, both with generation bits.</summary>
internal sealed class Vmxnet3ReceiveQueue : NicReceiveQueue
{
    private const ulong Generation = 1UL << 31;
    private const ulong CompletionGeneration = 1UL << 63;
    private const ulong Error = 1UL << 14;
    private const uint IndexMask = 0xfff;
    private const uint LengthMask = 0x3fff;

    private readonly DmaBlock _completions;
    private readonly DmaBlock _control;
    private readonly Doorbell _doorbell;
    private readonly uint _count;
    private readonly uint _completionCount;
    private readonly uint _bytes;
    private readonly uint[] _buffers;
    private uint _next; // the oldest descriptor that the device has
    private uint _given;
    private uint _held;
    private uint _completed;
    private ulong _generation = Generation;
    private ulong _completionGeneration = CompletionGeneration;

    /// <param name="ring">The netmap ring.</param>
    /// <param name="iova">Where its region begins for the device.</param>
    /// <param name="block">Descriptors.</param>
    /// <param name="completions">Completions: more of them than descriptors.</param>
    /// <param name="control">The queue's descriptor, in which the device asks for the doorbell.</param>
    /// <param name="doorbell">The doorbell.</param>
    /// <param name="bytes">As much of each buffer as the device uses.</param>
    internal Vmxnet3ReceiveQueue(
        AdapterRing ring, ulong iova, DmaBlock block, DmaBlock completions, DmaBlock control, Doorbell doorbell, uint bytes)
        : base(ring, iova, block)
    {
        _completions = completions;
        _control = control;
        _doorbell = doorbell;
        _count = ring.NumSlots;
        _completionCount = completions.Bytes / 16;
        _bytes = bytes;
        _buffers = new uint[_count];
    }

    internal DmaBlock Completions => _completions;

    public override bool HasNews =>
        (Volatile.Read(ref _completions.Items<Descriptor>()[(int)_completed].High) & CompletionGeneration) == _completionGeneration;

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
            Give(slots.TakeBuffer(i));
        }
    }

    /// <summary>The device finds new buffers by their generation, and says when it wants to be told.</summary>
    internal override void Tell()
    {
        if (Volatile.Read(ref _control.At<byte>(Vmxnet3Shared.UpdateRxProducer)) != 0)
        {
            _doorbell.Ring(_given);
        }
    }

    public override uint Receive(SlotBatch slots)
    {
        uint filled = 0;
        for (uint i = 0; i < _completionCount && filled < slots.Count && HasNews; i++)
        {
            Descriptor completion = _completions.Items<Descriptor>()[(int)_completed];
            if (++_completed == _completionCount)
            {
                _completed = 0;
                _completionGeneration ^= CompletionGeneration;
            }

            uint index = (uint)completion.Low & IndexMask;
            if (index >= _count || RingWindow.Distance(_next, index, _count) >= _held)
            {
                continue;
            }

            // What the device has left out goes to it again.
            while (_next != index)
            {
                Recycle();
            }

            uint length = Math.Min((uint)completion.High & LengthMask, _bytes);
            if (length == 0 || (completion.High & Error) != 0)
            {
                Recycle();
                continue;
            }

            slots.Put(filled++, _buffers[_next], length, SlotFlags.None);
            _next = RingWindow.Next(_next, _count);
            _held--;
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
        _completions.Clear();
        _next = _given = _held = _completed = 0;
        _generation = Generation;
        _completionGeneration = CompletionGeneration;
        Array.ForEach(buffers, Give);
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

    private void Recycle()
    {
        uint buffer = _buffers[_next];
        _next = RingWindow.Next(_next, _count);
        _held--;
        Give(buffer);
    }

    private void Give(uint buffer)
    {
        ref Descriptor descriptor = ref Block.Items<Descriptor>()[(int)_given];
        _buffers[_given] = buffer;
        descriptor.Low = BufferPool + ((ulong)buffer * BufferSize);
        Volatile.Write(ref descriptor.High, _bytes | _generation);
        _held++;
        if (++_given == _count)
        {
            _given = 0;
            _generation ^= Generation;
        }
    }
}

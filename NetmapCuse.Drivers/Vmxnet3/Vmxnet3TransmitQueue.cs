using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Vmxnet3;

/// <summary>
/// Sends by a ring whose descriptors are the device's when their generation bit is that of the round, and are told of in a ring of
/// completions. One completion is asked for at the end of each batch and for one frame in 32.
/// </summary>
internal sealed class Vmxnet3TransmitQueue : NicTransmitQueue
{
    private const ulong Generation = 1UL << 14;
    private const ulong EndOfPacket = 1UL << 44;
    private const ulong Complete = 1UL << 45;
    private const ulong CompletionGeneration = 1UL << 63;
    private const uint IndexMask = 0xfff;
    private const uint LengthMask = 0x3fff;
    private const uint ReportEach = 32;

    /// <summary>Descriptors of a frame at most.</summary>
    private const int PartsMax = 16;

    private readonly DmaBlock _completions;
    private readonly Doorbell _doorbell;
    private readonly uint _count;
    private readonly uint _frameMax;
    private readonly uint[] _buffers;
    private readonly uint[] _taken; // slots up to a descriptor that ends a frame
    private uint _next;
    private uint _clean;
    private uint _completed; // the next completion to look at
    private ulong _generation = Generation;
    private ulong _completionGeneration = CompletionGeneration;
    private uint _unreported;

    internal Vmxnet3TransmitQueue(
        AdapterRing ring, ulong iova, DmaBlock block, DmaBlock completions, NicLink link, Doorbell doorbell, uint frameMax)
        : base(ring, iova, block, link)
    {
        _completions = completions;
        _doorbell = doorbell;
        _count = ring.NumSlots;
        _frameMax = frameMax;
        _buffers = new uint[_count];
        _taken = new uint[_count];
    }

    internal DmaBlock Completions => _completions;

    public override bool HasNews =>
        (Volatile.Read(ref _completions.Items<Descriptor>()[(int)_completed].High) & CompletionGeneration) == _completionGeneration;

    internal override void Rewind()
    {
        Done = Taken;
        _next = _clean = _completed = _unreported = 0;
        _generation = Generation;
        _completionGeneration = CompletionGeneration;
        Block.Clear();
        _completions.Clear();
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
        uint room = _count - 1 - RingWindow.Distance(_clean, _next, _count);
        uint first = _next;
        while (taken < slots.Count)
        {
            uint parts = Parts(slots, taken);
            if (parts == 0 || (parts <= PartsMax && parts > room))
            {
                break;
            }

            bool isLast = taken + parts == slots.Count || parts >= room;
            uint used = SendFrame(slots, taken, parts, isLast);
            taken += parts;
            Taken += parts;
            room -= used;
            if (used == 0)
            {
                Skip();
            }
        }

        AskForLast();
        if (_next != first)
        {
            _doorbell.Ring(_next);
        }

        return taken;
    }

    protected override void Clean()
    {
        Span<Descriptor> completions = _completions.Items<Descriptor>();
        for (uint i = 0; i < _count && HasNews; i++)
        {
            uint index = (uint)completions[(int)_completed].Low & IndexMask;
            if (++_completed == _count)
            {
                _completed = 0;
                _completionGeneration ^= CompletionGeneration;
            }

            // The device's word: of a descriptor that it has, or of none.
            if (index < _count && RingWindow.Distance(_clean, index, _count) < RingWindow.Distance(_clean, _next, _count))
            {
                Done = _taken[index];
                _clean = RingWindow.Next(index, _count);
            }
        }
    }

    private static uint Parts(SlotBatch slots, uint first)
    {
        for (uint i = first; i < slots.Count; i++)
        {
            if (!slots.IsPart(i))
            {
                return i - first + 1;
            }
        }

        return slots.Count - first > PartsMax ? slots.Count - first : 0;
    }

    /// <returns>Descriptors that it took; 0 for slots that are no frame.</returns>
    private uint SendFrame(SlotBatch slots, uint first, uint parts, bool isLast)
    {
        Span<NetmapSlot> used = stackalloc NetmapSlot[PartsMax];
        uint length = 0;
        int count = 0;
        bool isGood = parts <= PartsMax;
        for (uint i = 0; i < parts; i++)
        {
            NetmapSlot slot = slots.Read(first + i);
            isGood &= slot.BufferIndex != 0 && slot.Length <= LengthMask;
            length += slot.Length;
            if (isGood && slot.Length != 0)
            {
                used[count++] = slot;
            }
        }

        if (!isGood || count == 0 || length > _frameMax)
        {
            Ring.CountBadSlot();
            return 0;
        }

        bool asks = isLast || ++_unreported >= ReportEach;
        _unreported = asks ? 0 : _unreported;
        Write(used[..count], asks);
        return (uint)count;
    }

    /// <summary>The first descriptor of a frame becomes the device's last, and all others with it.</summary>
    private void Write(ReadOnlySpan<NetmapSlot> parts, bool asks)
    {
        Span<Descriptor> ring = Block.Items<Descriptor>()[..(int)_count];
        uint first = _next;
        ulong firstWord = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            ref Descriptor descriptor = ref ring[(int)_next];
            _buffers[_next] = parts[i].BufferIndex;
            bool ends = i + 1 == parts.Length;
            ulong word = parts[i].Length | _generation | (ends ? EndOfPacket : 0) | (ends && asks ? Complete : 0);
            descriptor.Low = BufferPool + ((ulong)parts[i].BufferIndex * BufferSize) + parts[i].Pointer;
            if (i == 0)
            {
                firstWord = word;
            }
            else
            {
                descriptor.High = word;
            }

            _taken[_next] = Taken + (uint)parts.Length;
            if (++_next == _count)
            {
                _next = 0;
                _generation ^= Generation;
            }
        }

        Volatile.Write(ref ring[(int)first].High, firstWord);
    }

    /// <summary>Slots without a frame are done when all before them are.</summary>
    private void Skip()
    {
        if (_clean == _next)
        {
            Done = Taken;
        }
        else
        {
            _taken[RingWindow.Previous(_next, _count)] = Taken;
        }
    }

    /// <summary>The last frame of a batch is told of, also where slots without a frame came behind it.</summary>
    private void AskForLast()
    {
        if (_unreported != 0 && _clean != _next)
        {
            Block.Items<Descriptor>()[(int)RingWindow.Previous(_next, _count)].High |= Complete;
            _unreported = 0;
        }
    }
}

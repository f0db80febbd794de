using System.Numerics;
using System.Runtime.CompilerServices;
using NetmapCuse.Core.Abi.Virtio;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>A split ring (Virtual I/O Device 1.2 section 2.7): descriptors, available ring and used ring apart.</summary>
internal sealed unsafe class SplitQueue : Virtqueue
{
    private const int IndexAt = 2;
    private const int RingAt = 4;

    /// <summary>VRING_AVAIL_F_NO_INTERRUPT and VRING_USED_F_NO_NOTIFY.</summary>
    private const ushort Quiet = 1;

    private readonly SplitDescriptor* _table;
    private readonly byte* _avail;
    private readonly byte* _used;
    private readonly uint _mask;
    private readonly bool _hasEventIndex;

    /// <summary>Heads of chains that were taken and not given back, by position.</summary>
    private readonly ushort[] _heads;
    private ushort _next;
    private ushort _marked;
    private ushort _done;
    private ushort _usedIndex;
    private ushort _shown;
    private bool _hasShown;

    private SplitQueue(
        GuestMemory memory, uint size, byte* table, byte* avail, byte* used, uint start, bool hasEventIndex)
        : base(memory, size)
    {
        _table = (SplitDescriptor*)table;
        _avail = avail;
        _used = used;
        _mask = size - 1;
        _hasEventIndex = hasEventIndex;
        _heads = new ushort[size];
        _next = _done = _marked = (ushort)start;

        // The guest's memory says where it was, also after one of us has died.
        _usedIndex = _shown = Volatile.Read(ref *(ushort*)(used + IndexAt));
    }

    internal override uint Base => _next;

    /// <summary>Where the log has the used ring; null when what is written to that is not noted.</summary>
    private ulong? UsedInLog { get; init; }

    private ushort* UsedEvent => (ushort*)(_avail + RingAt + (2 * Size));

    private ushort* AvailEvent => (ushort*)(_used + RingAt + (UsedElement.Bytes * Size));

    internal static SplitQueue? TryCreate(
        GuestMemory memory, in VirtqueuePlace place, uint size, uint start, bool hasEventIndex, DirtyLog? log)
    {
        const ulong EventBytes = 2;
        if (!BitOperations.IsPow2(size) || (place.Descriptors | place.Driver | place.Device) % 2 != 0)
        {
            return null;
        }

        byte* table = memory.FindPart(place.Descriptors, SplitDescriptor.Bytes * (ulong)size, out _);
        byte* avail = memory.FindPart(place.Driver, RingAt + (2UL * size) + EventBytes, out _);
        byte* used = memory.FindPart(place.Device, RingAt + ((ulong)UsedElement.Bytes * size) + EventBytes, out _);
        if (table == null || avail == null || used == null)
        {
            return null;
        }

        return new SplitQueue(memory, size, table, avail, used, start, hasEventIndex)
        {
            Log = log,
            UsedInLog = log is not null && place.IsLogged ? place.Log : null,
        };
    }

    internal override uint Available()
    {
        ushort count = (ushort)(Volatile.Read(ref *(ushort*)(_avail + IndexAt)) - _next);
        if (count <= Size && !IsBroken)
        {
            return count;
        }

        Break();
        return 0;
    }

    internal override int Take(GuestPiece* pieces, int room, bool isWritten)
    {
        uint place = _next & _mask;
        ushort head = Volatile.Read(ref *(ushort*)(_avail + RingAt + (2 * place)));
        if (head >= Size)
        {
            return Break();
        }

        _heads[place] = head;
        _next++;
        SplitDescriptor descriptor = Read(_table + head);
        DescriptorFlags plain = isWritten ? DescriptorFlags.Write : DescriptorFlags.None;
        int count = 0;
        if (descriptor.Flags == plain)
        {
            return TryAdd(pieces, ref count, room, descriptor.Address, descriptor.Length) ? count : Unusable;
        }

        return TakeChain(descriptor, pieces, room, plain);
    }

    private int TakeChain(SplitDescriptor descriptor, GuestPiece* pieces, int room, DescriptorFlags plain)
    {
        SplitDescriptor* table = _table;
        uint size = Size;
        if ((descriptor.Flags & DescriptorFlags.Indirect) != 0)
        {
            size = descriptor.Length / SplitDescriptor.Bytes;
            table = (SplitDescriptor*)FindTable(descriptor.Address, descriptor.Length);
            if ((descriptor.Flags & DescriptorFlags.Next) != 0 || descriptor.Length % SplitDescriptor.Bytes != 0
                || size - 1 >= Size)
            {
                return Break();
            }

            if (table == null)
            {
                return Unusable;
            }

            descriptor = Read(table);
        }

        int count = 0;
        bool isGood = true;
        for (uint steps = 1; ; steps++)
        {
            isGood = isGood && (descriptor.Flags & DescriptorFlags.Write) == plain
                && TryAdd(pieces, ref count, room, descriptor.Address, descriptor.Length);
            if ((descriptor.Flags & DescriptorFlags.Indirect) != 0)
            {
                return Break();
            }

            if ((descriptor.Flags & DescriptorFlags.Next) == 0)
            {
                return isGood ? count : Unusable;
            }

            if (descriptor.Next >= size || steps == size)
            {
                return Break();
            }

            descriptor = Read(table + descriptor.Next);
        }
    }

    internal override void Mark() => _marked = _next;

    internal override void Rewind() => _next = _marked;

    internal override void Complete(uint written)
    {
        uint place = _usedIndex & _mask;
        UsedElement element = new() { Id = _heads[_done & _mask], Length = written };
        Unsafe.WriteUnaligned(_used + RingAt + (UsedElement.Bytes * place), Unsafe.BitCast<UsedElement, ulong>(element));
        _done++;
        _usedIndex++;
        if (UsedInLog is { } log)
        {
            Log!.Mark(log + RingAt + (UsedElement.Bytes * place), UsedElement.Bytes);
        }
    }

    internal override bool Publish()
    {
        ushort before = _shown;
        if (_usedIndex == before)
        {
            return false;
        }

        _shown = _usedIndex;
        Volatile.Write(ref *(ushort*)(_used + IndexAt), _usedIndex);
        MarkUsed(0, RingAt);

        // The index before the look at what the guest wants: it looks at the index after it has said so.
        Interlocked.MemoryBarrier();
        if (!_hasEventIndex)
        {
            return (Volatile.Read(ref *(ushort*)_avail) & Quiet) == 0;
        }

        // What was told before this ring was set up is not known: the first time says so in any case.
        bool isFirst = !_hasShown;
        _hasShown = true;
        ushort wanted = Volatile.Read(ref *UsedEvent);
        return isFirst || (ushort)(_usedIndex - wanted - 1) < (ushort)(_usedIndex - before);
    }

    internal override bool Arm()
    {
        if (_hasEventIndex)
        {
            Volatile.Write(ref *AvailEvent, _next);
            MarkUsed(RingAt + (UsedElement.Bytes * Size), sizeof(ushort));
        }
        else
        {
            Volatile.Write(ref *(ushort*)_used, 0);
            MarkUsed(0, sizeof(ushort));
        }

        // The wish before the look: the guest puts its chain there before it looks at the wish.
        Interlocked.MemoryBarrier();
        return Available() != 0;
    }

    internal override void Disarm()
    {
        // With event indexes the guest kicks once for a wish, so there is nothing to take back.
        if (!_hasEventIndex)
        {
            Volatile.Write(ref *(ushort*)_used, Quiet);
            MarkUsed(0, sizeof(ushort));
        }
    }

    private static SplitDescriptor Read(SplitDescriptor* descriptor) => Unsafe.ReadUnaligned<SplitDescriptor>(descriptor);

    private void MarkUsed(uint offset, uint length)
    {
        if (UsedInLog is { } log)
        {
            Log!.Mark(log + offset, length);
        }
    }
}

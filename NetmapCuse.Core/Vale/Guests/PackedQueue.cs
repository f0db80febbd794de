using System.Runtime.CompilerServices;
using NetmapCuse.Core.Abi.Virtio;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// A packed ring (Virtual I/O Device 1.2 section 2.8): one array of descriptors, whose flags say by a wrap counter whose they are,
/// and two words that say when to notify.
/// </summary>
internal sealed unsafe class PackedQueue : Virtqueue
{
    private const uint WrapBit = PackedEvent.WrapBit;
    private const DescriptorFlags Owner = DescriptorFlags.Available | DescriptorFlags.Used;

    private readonly PackedDescriptor* _ring;
    private readonly byte* _driverEvent;
    private readonly byte* _deviceEvent;
    private readonly bool _hasEventIndex;
    private readonly ulong _ringGuest;
    private readonly ulong _deviceGuest;

    /// <summary>Chains that were taken and not given back, in a circle.</summary>
    private readonly Chain[] _chains;
    private uint _chainsTaken;
    private uint _chainsDone;
    private Position _next;
    private Position _marked;
    private uint _chainsMarked;
    private Position _used;
    private Position _shown;
    private DescriptorFlags _firstFlags;
    private bool _hasShown;

    private PackedQueue(
        GuestMemory memory, uint size, byte* ring, ulong ringGuest, byte* driverEvent, byte* deviceEvent, ulong deviceGuest,
        uint start, bool hasEventIndex)
        : base(memory, size)
    {
        _ring = (PackedDescriptor*)ring;
        _ringGuest = ringGuest;
        _driverEvent = driverEvent;
        _deviceEvent = deviceEvent;
        _deviceGuest = deviceGuest;
        _hasEventIndex = hasEventIndex;
        _chains = new Chain[size];
        _next = _marked = Position.Parse(start);
        _used = _shown = Position.Parse(start >> 16);
    }

    internal override uint Base => _next.ToWord() | (_used.ToWord() << 16);

    internal static PackedQueue? TryCreate(
        GuestMemory memory, in VirtqueuePlace place, uint size, uint start, bool hasEventIndex, DirtyLog? log)
    {
        const uint DescriptorAlignment = 16;
        byte* ring = memory.FindPart(place.Descriptors, PackedDescriptor.Bytes * (ulong)size, out ulong ringGuest);
        byte* driver = memory.FindPart(place.Driver, PackedEvent.Bytes, out _);
        byte* device = memory.FindPart(place.Device, PackedEvent.Bytes, out ulong deviceGuest);
        if (ring == null || driver == null || device == null || (nuint)ring % DescriptorAlignment != 0
            || ((nuint)driver | (nuint)device) % PackedEvent.Bytes != 0
            || Position.Parse(start).Index >= size || Position.Parse(start >> 16).Index >= size)
        {
            return null;
        }

        return new PackedQueue(memory, size, ring, ringGuest, driver, device, deviceGuest, start, hasEventIndex) { Log = log };
    }

    /// <summary>1 or 0: how many there are shows on the way.</summary>
    internal override uint Available()
    {
        DescriptorFlags flags = ReadFlags(_ring + _next.Index) & Owner;
        DescriptorFlags wanted = _next.Wrap ? DescriptorFlags.Available : DescriptorFlags.Used;
        return flags == wanted && !IsBroken && _chainsTaken - _chainsDone < Size ? 1u : 0u;
    }

    internal override int Take(GuestPiece* pieces, int room, bool isWritten)
    {
        // The flags first, as they make the rest valid.
        DescriptorFlags flags = ReadFlags(_ring + _next.Index);
        PackedDescriptor descriptor = Read(_ring + _next.Index);
        DescriptorFlags plain = isWritten ? DescriptorFlags.Write : DescriptorFlags.None;
        int count = 0;
        uint steps = 1;
        bool isGood = true;
        for (; ; steps++)
        {
            isGood = isGood && ((flags & DescriptorFlags.Indirect) != 0
                ? TryTakeTable(descriptor, pieces, ref count, room, plain, flags, steps)
                : (flags & DescriptorFlags.Write) == plain
                    && TryAdd(pieces, ref count, room, descriptor.Address, descriptor.Length));
            if (IsBroken)
            {
                return Broken;
            }

            _next.Advance(1, Size);
            if ((flags & DescriptorFlags.Next) == 0)
            {
                break;
            }

            if (steps == Size)
            {
                return Break();
            }

            // The guest makes a chain available with its first descriptor, after all others.
            descriptor = Read(_ring + _next.Index);
            flags = descriptor.Flags;
        }

        _chains[_chainsTaken++ % Size] = new Chain(descriptor.Id, (ushort)steps);
        return isGood ? count : Unusable;
    }

    /// <summary>All descriptors of a table are one chain; flags but <see cref="DescriptorFlags.Write"/> mean nothing there.</summary>
    private bool TryTakeTable(
        in PackedDescriptor outer, GuestPiece* pieces, ref int count, int room, DescriptorFlags plain, DescriptorFlags flags,
        uint steps)
    {
        uint entries = outer.Length / PackedDescriptor.Bytes;
        if ((flags & DescriptorFlags.Next) != 0 || steps != 1 || outer.Length % PackedDescriptor.Bytes != 0 || entries - 1 >= Size)
        {
            Break();
            return false;
        }

        PackedDescriptor* table = (PackedDescriptor*)FindTable(outer.Address, outer.Length);
        bool isGood = table != null;
        for (uint i = 0; isGood && i < entries; i++)
        {
            PackedDescriptor inner = Read(table + i);
            isGood = (inner.Flags & DescriptorFlags.Write) == plain
                && TryAdd(pieces, ref count, room, inner.Address, inner.Length);
        }

        return isGood;
    }

    internal override void Mark()
    {
        _marked = _next;
        _chainsMarked = _chainsTaken;
    }

    internal override void Rewind()
    {
        _next = _marked;
        _chainsTaken = _chainsMarked;
    }

    internal override void Complete(uint written)
    {
        Chain chain = _chains[_chainsDone++ % Size];
        PackedDescriptor* target = _ring + _used.Index;
        target->Id = chain.Id;
        target->Length = written;
        DescriptorFlags flags = (_used.Wrap ? Owner : DescriptorFlags.None) | (written != 0 ? DescriptorFlags.Write : DescriptorFlags.None);
        if (_used == _shown)
        {
            // The guest stops at the first that it does not have: that one comes last.
            _firstFlags = flags;
        }
        else
        {
            Volatile.Write(ref *(ushort*)&target->Flags, (ushort)flags);
        }

        Log?.Mark(_ringGuest + (PackedDescriptor.Bytes * (ulong)_used.Index), PackedDescriptor.Bytes);
        _used.Advance(chain.Descriptors, Size);
    }

    internal override bool Publish()
    {
        Position before = _shown;
        if (_used == before)
        {
            return false;
        }

        _shown = _used;
        Volatile.Write(ref *(ushort*)&(_ring + before.Index)->Flags, (ushort)_firstFlags);
        Log?.Mark(_ringGuest + (PackedDescriptor.Bytes * (ulong)before.Index), PackedDescriptor.Bytes);

        // The descriptors before the look at what the guest wants: it looks at them after it has said so.
        Interlocked.MemoryBarrier();
        bool isFirst = !_hasShown;
        _hasShown = true;
        uint wish = Volatile.Read(ref *(uint*)_driverEvent);
        ushort kind = (ushort)(wish >> 16);
        return kind switch
        {
            PackedEvent.Disable => false,
            PackedEvent.AtPosition when _hasEventIndex => isFirst || IsPassed(Position.Parse(wish), before),
            _ => true,
        };
    }

    /// <summary>The wanted position lies between the last one that was told and this one.</summary>
    private bool IsPassed(Position wanted, Position before)
    {
        int now = (int)_used.Index;
        int old = before.Index >= _used.Index ? (int)(before.Index - Size) : (int)before.Index;
        int place = wanted.Wrap == _used.Wrap ? (int)wanted.Index : (int)(wanted.Index - Size);
        return (ushort)(now - place - 1) < (ushort)(now - old);
    }

    internal override bool Arm()
    {
        if (_hasEventIndex)
        {
            // Position and kind are two halves of one word, which the guest reads in one.
            Volatile.Write(ref *(uint*)_deviceEvent, _next.ToWord() | ((uint)PackedEvent.AtPosition << 16));
        }
        else
        {
            Volatile.Write(ref *(ushort*)(_deviceEvent + PackedEvent.FlagsAt), PackedEvent.Enable);
        }

        Log?.Mark(_deviceGuest, PackedEvent.Bytes);

        // The wish before the look: the guest puts its chain there before it looks at the wish.
        Interlocked.MemoryBarrier();
        return Available() != 0;
    }

    internal override void Disarm()
    {
        Volatile.Write(ref *(ushort*)(_deviceEvent + PackedEvent.FlagsAt), PackedEvent.Disable);
        Log?.Mark(_deviceGuest, PackedEvent.Bytes);
    }

    private static DescriptorFlags ReadFlags(PackedDescriptor* descriptor) =>
        (DescriptorFlags)Volatile.Read(ref *(ushort*)&descriptor->Flags);

    private static PackedDescriptor Read(PackedDescriptor* descriptor) => Unsafe.ReadUnaligned<PackedDescriptor>(descriptor);

    private readonly record struct Chain(ushort Id, ushort Descriptors);

    /// <summary>A place in the ring and the wrap counter there, which changes with each round.</summary>
    private record struct Position(uint Index, bool Wrap)
    {
        internal static Position Parse(uint word) => new(word & (WrapBit - 1), (word & WrapBit) != 0);

        internal readonly uint ToWord() => Index | (Wrap ? WrapBit : 0);

        internal void Advance(uint steps, uint size)
        {
            Index += steps;
            if (Index >= size)
            {
                Index -= size;
                Wrap = !Wrap;
            }
        }
    }
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// Consecutive slots of one ring, as a driver gets them for one call; wraps around the ring's end. The slots are shared with
/// programs that may write them at any time, so a driver reads each of them once, through here, and keeps what it read.
/// </summary>
internal readonly unsafe ref struct SlotBatch
{
    private readonly Kring _ring;
    private readonly uint _first;

    /// <param name="ring">The ring, held by the caller.</param>
    /// <param name="first">Number of the first slot.</param>
    /// <param name="count">How many, less than or equal to the ring's slots.</param>
    internal SlotBatch(Kring ring, uint first, uint count)
    {
        _ring = ring;
        _first = first;
        Count = count;
    }

    internal uint Count { get; }

    /// <summary>Bytes of a buffer: no frame in one slot is longer.</summary>
    internal uint BufferSize => _ring.BufferSize;

    // Offsets (reference/netmap-behaviour.md section 17) are dealt with here: a slot that was read has in ptr where its data start in the
    // buffer, 0 on rings without offsets; what a driver receives at the start of a buffer is moved to where the slot wants it.

    /// <summary>The slot's number in its ring.</summary>
    internal uint Position(uint i) => RingWindow.Advance(_first, i, _ring.NumSlots);

    /// <summary>
    /// Reads a slot to be sent: once, with an index that is a buffer (0 where it was none), in ptr the place in it where the data
    /// start, and a length that fits behind that. Clears NS_BUF_CHANGED and NS_REPORT in the ring, and counts the bytes, and the frame at
    /// its last slot: read what is going to be sent, nothing else; what cannot be sent after all is <see cref="Uncount"/>ed.
    /// </summary>
    internal NetmapSlot Read(uint i)
    {
        NetmapSlot* shared = _ring.Slots + Position(i);
        NetmapSlot slot = *shared;
        if ((slot.Flags & (SlotFlags.BufferChanged | SlotFlags.Report)) != 0)
        {
            shared->Flags = slot.Flags & ~(SlotFlags.BufferChanged | SlotFlags.Report);
        }

        slot.BufferIndex = _ring.UsableIndex(slot.BufferIndex);
        slot.Pointer = _ring.OffsetOf(slot.Pointer);
        slot.Length = (ushort)Math.Min(slot.Length, _ring.BufferSize - slot.Pointer);
        Tally(slot.Length, slot.Flags);
        return slot;
    }

    /// <summary>Takes a frame whose slots were all read out of what counts as sent.</summary>
    /// <param name="bytes">The lengths of its slots.</param>
    /// <param name="cause">Why it is dropped.</param>
    internal void Uncount(ulong bytes, DropCause cause)
    {
        _ring.Counters.Frames--;
        _ring.Counters.Bytes -= bytes;
        _ring.Counters.CountDropped(cause, 1);
    }

    /// <summary>The flags of a slot, read once.</summary>
    internal SlotFlags FlagsOf(uint i) => _ring.Slots[Position(i)].Flags;

    private void Tally(uint bytes, SlotFlags flags)
    {
        _ring.Counters.Bytes += bytes;
        _ring.Counters.Frames += (flags & SlotFlags.MoreFragments) == 0 ? 1u : 0u;
    }

    /// <summary>
    /// Reads a slot once and changes nothing; the index is a buffer (0 where it was none), ptr where the data start in it, the length
    /// any.
    /// </summary>
    internal NetmapSlot Peek(uint i)
    {
        NetmapSlot slot = _ring.Slots[Position(i)];
        slot.BufferIndex = _ring.UsableIndex(slot.BufferIndex);
        slot.Pointer = _ring.OffsetOf(slot.Pointer);
        return slot;
    }

    /// <summary>The slot says that its frame goes on in the next one. Changes nothing; <see cref="Read"/> may see something else.</summary>
    internal bool IsPart(uint i) => (_ring.Slots[Position(i)].Flags & SlotFlags.MoreFragments) != 0;

    /// <summary>Takes flags off a slot that had <paramref name="had"/>.</summary>
    internal void ClearFlags(uint i, SlotFlags had, SlotFlags cleared)
    {
        if ((had & cleared) != 0)
        {
            _ring.Slots[Position(i)].Flags = had & ~cleared;
        }
    }

    /// <summary>Takes the buffer of a slot that is free to receive: a checked index (0 where it was none).</summary>
    internal uint TakeBuffer(uint i)
    {
        NetmapSlot* shared = _ring.Slots + Position(i);
        SlotFlags flags = shared->Flags;
        if ((flags & SlotFlags.BufferChanged) != 0)
        {
            shared->Flags = flags & ~SlotFlags.BufferChanged;
        }

        return _ring.UsableIndex(Volatile.Read(ref shared->BufferIndex));
    }

    /// <summary>
    /// Fills a slot with a received frame, or with a part of one (NS_MOREFRAG on all parts but the last), which lies at the start of
    /// the buffer. It is moved to the slot's offset; what does not fit behind that is cut off.
    /// </summary>
    internal void Put(uint i, uint buffer, uint length, SlotFlags flags)
    {
        NetmapSlot* shared = _ring.Slots + Position(i);
        if (_ring.HasOffsets && _ring.OffsetOf(Volatile.Read(ref shared->Pointer)) is var offset and not 0)
        {
            length = Math.Min(length, _ring.BufferSize - offset);
            byte* data = _ring.BufferOf(buffer);
            Buffer.MemoryCopy(data, data + offset, length, length);
        }

        shared->BufferIndex = buffer;
        shared->Length = (ushort)length;
        shared->Flags = flags;
        Tally(length, flags);
    }

    /// <summary>Fills a slot whose buffer stays with a frame, or with a part of one, which is where <see cref="Room"/> said.</summary>
    internal void PutLength(uint i, uint length, SlotFlags flags)
    {
        NetmapSlot* shared = _ring.Slots + Position(i);
        shared->Length = (ushort)length;
        shared->Flags = flags;
        Tally(length, flags);
    }

    /// <summary>Gives a buffer back unfilled, when a queue closes.</summary>
    internal void PutBack(uint i, uint buffer) => _ring.Slots[Position(i)].BufferIndex = buffer;

    /// <summary>The data of a slot that was read, as far as its length goes inside the buffer. Programs may write it meanwhile.</summary>
    internal Span<byte> Data(in NetmapSlot slot)
    {
        uint start = (uint)slot.Pointer;
        return new(_ring.BufferOf(slot.BufferIndex) + start, (int)Math.Min(slot.Length, _ring.BufferSize - start));
    }

    /// <summary>The same for the kernel.</summary>
    internal IoVector Vector(in NetmapSlot slot)
    {
        uint start = (uint)slot.Pointer;
        return new IoVector
        {
            Base = (ulong)(_ring.BufferOf(slot.BufferIndex) + start),
            Length = Math.Min(slot.Length, _ring.BufferSize - start),
        };
    }

    /// <summary>Takes the buffer of a slot that is free to receive: from the slot's offset to the buffer's end.</summary>
    internal IoVector Room(uint i)
    {
        byte* buffer = _ring.BufferOf(TakeBuffer(i));
        uint start = _ring.OffsetOf(Volatile.Read(ref _ring.Slots[Position(i)].Pointer));
        return new IoVector { Base = (ulong)(buffer + start), Length = _ring.BufferSize - start };
    }

    /// <summary>Bytes of a slot that is free to receive: from its offset to the end of its buffer.</summary>
    internal int RoomBytes(uint i) =>
        (int)(_ring.BufferSize - _ring.OffsetOf(Volatile.Read(ref _ring.Slots[Position(i)].Pointer)));

    /// <summary>A part of a buffer, from its start. Programs may write it meanwhile.</summary>
    internal Span<byte> Data(uint buffer, uint length) =>
        new(_ring.BufferOf(buffer), (int)Math.Min(length, _ring.BufferSize));
}

using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Core.Rings;

/// <summary>Creation and end of the shared ring. Control plane: nobody syncs a ring that is not started.</summary>
internal sealed unsafe partial class Kring
{
    private Region? _region;
    private uint _object;
    private int _holder;

    /// <summary>Bindings that use the ring.</summary>
    internal int Users
    {
        get => _record->Users;
        set => _record->Users = value;
    }

    /// <summary>The binding that has the ring to itself, if any.</summary>
    internal object? ExclusiveOwner { get; set; }

    /// <summary>Where the ring lies; while it exists.</summary>
    internal Region Region => _region!;

    /// <summary>On the TX ring of a pipe: the ring of the other side, whose slots have the same buffers. Lives as long as this one.</summary>
    internal Kring? Mirror { get; private set; }

    /// <summary>On the RX ring of a pipe: the TX ring whose <see cref="Mirror"/> it is.</summary>
    internal Kring? MirrorOf { get; private set; }

    /// <summary>The ring's address for clients: bytes from the start of the mapping.</summary>
    internal ulong ClientOffset => _region!.ClientOffset((byte*)_ring);

    /// <summary>Creates the shared ring with buffers of its own. False: ENOMEM, and nothing is left behind.</summary>
    internal bool TryCreate(Region region)
    {
        if (!TryTakeObject(region))
        {
            return false;
        }

        _holder = region.Buffers.AddHolder(extra: false);
        for (uint i = 0; i < NumSlots; i++)
        {
            if (!region.Buffers.TryTake(_holder, out uint buffer))
            {
                Delete();
                return false;
            }

            SetSlot(i, buffer);
        }

        // Pages of a client's memory are for the client to fill: it decides how much there is, and pays.
        if (!region.IsExternal)
        {
            PopulateBuffers();
        }

        return true;
    }

    /// <summary>Creates the ring of a pipe's other side, whose slots show the same buffers; they stay charged to <paramref name="owner"/>.</summary>
    internal bool TryCreateMirror(Region region, Kring owner)
    {
        if (!TryTakeObject(region))
        {
            return false;
        }

        for (uint i = 0; i < NumSlots; i++)
        {
            SetSlot(i, owner.Slots[i].BufferIndex);
        }

        owner.Mirror = this;
        MirrorOf = owner;
        return true;
    }

    /// <summary>The port has the ring no longer: readers of the books do not see it any more.</summary>
    internal void Hide() => _place.Hide();

    /// <summary>Deletes the shared ring; its buffers are those that its slots show.</summary>
    internal void Delete()
    {
        List<uint> found = [];
        for (uint i = 0; i < NumSlots; i++)
        {
            found.Add(Slots[i].BufferIndex);
        }

        Delete(found);
    }

    /// <summary>Deletes the shared ring; its buffers are <paramref name="found"/> (a pipe knows which side has each).</summary>
    internal void Delete(IReadOnlyList<uint> found)
    {
        Region region = _region!;
        region.Rings.Remove(this);
        if (_holder != 0)
        {
            region.Buffers.Return([_holder], found, region.MarkShown);
            _holder = 0;
        }

        region.ReturnRing(_object);
        Interlocked.Exchange(ref _stage, null)?.End();
        Mirror = null;
        MirrorOf = null;
        _region = null;
        _ring = null;
        Slots = null;
    }

    private bool TryTakeObject(Region region)
    {
        if (NetmapRing.Bytes + (NumSlots * (ulong)sizeof(NetmapSlot)) > region.Layout.Ring.ObjectSize
            || !region.TryTakeRing(out _object))
        {
            return false;
        }

        _region = region;
        _ring = (NetmapRing*)region.RingAddress(_object);
        Slots = (NetmapSlot*)((byte*)_ring + NetmapRing.Bytes);
        Buffers = region.BufferPool;
        BufferCount = region.Layout.Buffer.Count;
        BufferSize = region.Layout.Buffer.ObjectSize;
        WriteHeader();
        new Span<NetmapSlot>(Slots, (int)NumSlots).Clear();
        region.Rings.Add(this);
        return true;
    }

    private void WriteHeader()
    {
        bool isTx = Direction == RingDirection.Tx;
        uint tail = isTx ? NumSlots - 1 : 0;
        *_ring = new NetmapRing
        {
            BufferOffset = Buffers - (byte*)_ring,
            NumSlots = NumSlots,
            BufferSize = BufferSize,
            RingId = (ushort)Index,
            Direction = isTx ? (ushort)1 : (ushort)0,
            Tail = tail,
        };
        Indexes.Reset(tail);
        ClearOffsets();
    }

    private void SetSlot(uint index, uint buffer) =>
        Slots[index] = new NetmapSlot { BufferIndex = buffer, Length = (ushort)Math.Min(BufferSize, ushort.MaxValue) };

    /// <summary>Takes the page faults of the ring's buffers here and not while forwarding; runs of neighbours at once.</summary>
    private void PopulateBuffers()
    {
        uint start = 0;
        while (start < NumSlots)
        {
            uint first = Slots[start].BufferIndex;
            uint length = 1;
            while (start + length < NumSlots && Slots[start + length].BufferIndex == first + length)
            {
                length++;
            }

            _region!.Prepare(Buffers + ((ulong)first * BufferSize), (ulong)length * BufferSize);
            start += length;
        }
    }
}

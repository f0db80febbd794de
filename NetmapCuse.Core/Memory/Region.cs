namespace NetmapCuse.Core.Memory;

/// <summary>
/// One memory region (mem id): three pools at a place in the arena. It exists while something refers to it, and all its
/// objects are free again when its last user (binding) goes. Control plane only, but for the addresses.
/// </summary>
internal sealed unsafe class Region
{
    private readonly Arena _arena;
    private readonly Action<Region> _ended;
    private ObjectPool _ifs = null!;
    private ObjectPool _rings = null!;
    private int _references;

    internal Region(Arena arena, ushort id, RegionLayout layout, ulong offset, bool isPrivate, Action<Region> ended)
    {
        _arena = arena;
        _ended = ended;
        Id = id;
        Layout = layout;
        ArenaOffset = offset;
        IsPrivate = isPrivate;
        FreeAll();
    }

    internal ushort Id { get; }

    internal RegionLayout Layout { get; }

    /// <summary>Where the region starts in every client's mapping.</summary>
    internal ulong ArenaOffset { get; }

    internal bool IsPrivate { get; }

    /// <summary>nr_memsize: what a client has to map to reach all of the region.</summary>
    internal ulong MappedSize => ArenaOffset + Layout.MemorySize;

    internal byte* Address => _arena.Address + ArenaOffset;

    internal byte* BufferPool => Address + Layout.BufferPoolOffset;

    internal BufferLedger Buffers { get; private set; } = null!;

    internal List<IShowsBuffers> Rings { get; } = [];

    /// <summary>Bindings whose netmap_if lies here.</summary>
    internal int Users { get; private set; }

    internal uint FreeIfs => _ifs.Free;

    internal uint FreeRings => _rings.Free;

    internal void AddReference() => _references++;

    /// <summary>Lets go; the last one ends a private region and gives its memory back.</summary>
    internal void DropReference()
    {
        Check.That(_references > 0, "a region is dropped more often than it was taken");
        if (--_references == 0)
        {
            _ended(this);
        }
    }

    internal void AddUser() => Users++;

    /// <summary>The last user takes all objects with it: whatever programs lost is found again.</summary>
    internal void DropUser()
    {
        Check.That(Users > 0, "a region loses more users than it had");
        if (--Users == 0)
        {
            Check.That(Rings.Count == 0, "a region without users has rings");
            FreeAll();
            _arena.Clear(ArenaOffset, Layout.MemorySize);
        }
    }

    /// <inheritdoc cref="PacketMemory.Prepare"/>
    internal bool Prepare(byte* address, ulong length) => _arena.Prepare(address, length);

    /// <summary>A netmap_if object. False: ENOMEM.</summary>
    internal bool TryTakeIf(out uint index) =>
        _ifs.TryTake(out index) && Prepare(IfAddress(index), Layout.If.ObjectSize);

    internal void ReturnIf(uint index) => _ifs.Return(index);

    internal byte* IfAddress(uint index) => Address + (index * (ulong)Layout.If.ObjectSize);

    /// <summary>A ring object. False: ENOMEM.</summary>
    internal bool TryTakeRing(out uint index) =>
        _rings.TryTake(out index) && Prepare(RingAddress(index), Layout.Ring.ObjectSize);

    internal void ReturnRing(uint index) => _rings.Return(index);

    internal byte* RingAddress(uint index) =>
        Address + Layout.RingPoolOffset + (index * (ulong)Layout.Ring.ObjectSize);

    /// <summary>Where an address of this region is found by a client: bytes from the start of its mapping.</summary>
    internal ulong ClientOffset(byte* address) => (ulong)(address - _arena.Address);

    /// <summary>Marks what all rings of the region show.</summary>
    internal void MarkShown(BufferSet shown)
    {
        foreach (IShowsBuffers ring in Rings)
        {
            ring.MarkShown(shown);
        }
    }

    private void FreeAll()
    {
        _ifs = new ObjectPool(Layout.If.Count, 0);
        _rings = new ObjectPool(Layout.Ring.Count, 0);
        Buffers = new BufferLedger(Layout.Buffer.Count);
    }
}

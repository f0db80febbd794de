using NetmapCuse.Core.Books;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// One memory region (mem id): three pools at a place in the arena, or in memory of a client. It exists while something refers to it, and all its
/// objects are free again when its last user (binding) goes. Control plane only, but for the addresses.
/// </summary>
internal sealed unsafe class Region
{
    private RegionMemory _memory;
    private readonly Action<Region> _ended;
    private readonly List<IRegionDevice> _devices = [];
    private ObjectPool _ifs = null!;
    private ObjectPool _rings = null!;
    private int _references;

    internal Region(
        RegionMemory memory, ushort id, RegionLayout layout, bool isPrivate, Action<Region> ended, Bookkeeper? books = null)
    {
        Books = books;
        _memory = memory;
        _ended = ended;
        Id = id;
        Layout = layout;
        IsPrivate = isPrivate;
        FreeAll();
    }

    internal ushort Id { get; }

    /// <summary>Where the ports in the region are entered; null for a device without books.</summary>
    internal Bookkeeper? Books { get; }

    /// <summary>Fixed while the region has users.</summary>
    internal RegionLayout Layout { get; private set; }

    /// <summary>Objects were taken from it some time.</summary>
    internal bool WasUsed { get; private set; }

    /// <summary>Where the region starts in every client's mapping; 0 for memory of a client, which is a mapping of its own.</summary>
    internal ulong ArenaOffset => _memory.ClientOffset;

    /// <summary>The region lies in memory of a client: what the descriptor maps is not it.</summary>
    internal bool IsExternal => _memory is ExternalRange;

    internal bool IsPrivate { get; }

    /// <summary>nr_memsize: what a client has to map to reach all of the region.</summary>
    internal ulong MappedSize => ArenaOffset + Layout.MemorySize;

    internal byte* Address => _memory.Address;

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

    internal void AddUser()
    {
        Users++;
        WasUsed = true;
    }

    /// <summary>Puts the region elsewhere with other pools. It has no users; its former memory has ended already.</summary>
    internal void Relocate(RegionMemory memory, RegionLayout layout)
    {
        Check.That(Users == 0, "a region in use moves");
        Layout = layout;
        _memory = memory;
        FreeAll();
    }

    /// <summary>The last user takes all objects with it: whatever programs lost is found again.</summary>
    internal void DropUser()
    {
        Check.That(Users > 0, "a region loses more users than it had");
        if (--Users == 0)
        {
            Check.That(Rings.Count == 0, "a region without users has rings");
            FreeAll();
            LetGoOfDevices();
            _memory.Clear();
        }
    }

    /// <inheritdoc cref="PacketMemory.FaultsAskUs"/>
    internal bool FaultsAskUs => _memory.FaultsAskUs;

    /// <inheritdoc cref="PacketMemory.Prepare"/>
    internal bool Prepare(byte* address, ulong length) => _memory.Prepare(address, length);

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
    internal ulong ClientOffset(byte* address) => ArenaOffset + (ulong)(address - Address);

    /// <summary>
    /// A device reads and writes the region's memory from now on, which is held for it: pages that are given back under it would
    /// leave it writing to pages that nobody sees.
    /// </summary>
    internal void AddDevice(IRegionDevice device) => _devices.Add(device);

    internal void RemoveDevice(IRegionDevice device) => _devices.Remove(device);

    /// <summary>The region has ended: its memory goes back.</summary>
    internal void EndMemory()
    {
        LetGoOfDevices();
        _memory.End();
    }

    /// <summary>
    /// Marks what all rings of the region show. A buffer that moved from a ring not looked at yet to one that was would be
    /// missed, so the daemon moves none meanwhile.
    /// </summary>
    internal void MarkShown(BufferSet shown)
    {
        foreach (IShowsBuffers ring in Rings)
        {
            ring.HoldStill();
        }

        foreach (IShowsBuffers ring in Rings)
        {
            ring.MarkShown(shown);
        }

        foreach (IShowsBuffers ring in Rings)
        {
            ring.LetGo();
        }
    }

    private void LetGoOfDevices()
    {
        foreach (IRegionDevice device in _devices)
        {
            device.LetGo(this);
        }

        _devices.Clear();
    }

    private void FreeAll()
    {
        _ifs = new ObjectPool(Layout.If.Count, 0);
        _rings = new ObjectPool(Layout.Ring.Count, 0);
        Buffers = new BufferLedger(Layout.Buffer.Count);
    }
}

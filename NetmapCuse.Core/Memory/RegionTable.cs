using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Books;
using NetmapCuse.Core.Clients;

namespace NetmapCuse.Core.Memory;

/// <summary>The regions of one device file by memory id (reference/netmap-abi.md section 7.5). Control plane only.</summary>
internal sealed class RegionTable
{
    internal const ushort GlobalId = 1;

    /// <summary>Where the 32-bit fields of the legacy API end: nr_memsize has to fit.</summary>
    internal const ulong LegacyLimit = (1UL << 32) - RegionLayout.Page;

    private readonly Arena _arena;
    private readonly Quotas _quotas;
    private readonly Bookkeeper? _books;
    private readonly Dictionary<ushort, Region> _regions = [];
    private readonly Dictionary<MemoryIdentity, Region> _external = [];
    private ushort _lastId = GlobalId;
    private RegionSizes _settledSizes;

    internal RegionTable(Arena arena, RegionSizes globalSizes, Quotas? quotas = null, Bookkeeper? books = null)
    {
        _books = books;
        _arena = arena;
        _quotas = quotas ?? new Quotas(arena.Size, Serilog.Core.Logger.None);
        RegionLayout? layout = RegionLayout.TryCreate(globalSizes, isPrivate: false);
        Check.That(layout is not null, "the global region has no valid default size");
        Check.That(arena.TryTake(layout.MemorySize, LegacyLimit, out ulong offset), "the arena is too small");
        GlobalSizes = globalSizes;
        _settledSizes = globalSizes;
        ArenaRange memory = new(arena, offset, layout.MemorySize);
        Global = new Region(memory, GlobalId, layout, isPrivate: false, static _ => { }, books);
        Global.AddReference();
        _regions.Add(GlobalId, Global);
    }

    /// <summary>What each user has.</summary>
    internal Quotas Quotas => _quotas;

    /// <summary>Memory id 1: NICs and pipes of those. Its offset is 0, so its numbers are the documented ones.</summary>
    internal Region Global { get; }

    /// <summary>What the pools of the global region shall be (parameters if_num and so on): from its next use without users on.</summary>
    internal RegionSizes GlobalSizes { get; set; }

    /// <summary>The least that a private region has (parameters priv_*): for regions that are made from now on.</summary>
    internal RegionSizes PrivateMinimum { get; set; } = RegionSizes.PrivateMinimum;

    internal IEnumerable<Region> All => _regions.Values;

    /// <summary>The region of this id, or null (EINVAL).</summary>
    internal Region? Find(ushort id) => _regions.GetValueOrDefault(id);

    /// <summary>A new private region.</summary>
    /// <param name="sizes">Requested pools.</param>
    /// <param name="limit">Where it has to end: <see cref="LegacyLimit"/> for callers with 32-bit offsets.</param>
    /// <param name="user">Whom it is counted for.</param>
    /// <param name="region">The region, without a reference yet.</param>
    /// <returns>0, EINVAL for pools out of range, ENOMEM when ids, the arena or the user's share of it run out.</returns>
    internal int TryCreatePrivate(RegionSizes sizes, ulong limit, uint user, out Region region)
    {
        region = null!;
        RegionLayout? layout = RegionLayout.TryCreate(sizes, isPrivate: true);
        if (layout is null)
        {
            return Errno.Inval;
        }

        if (_quotas.TryTake(user, QuotaKind.Region) is not { } one)
        {
            return Errno.NoMem;
        }

        ulong offset = 0;
        QuotaClaim? pages = _quotas.TryTake(user, QuotaKind.ArenaPage, layout.MemorySize / RegionLayout.Page);
        if (pages is null || _regions.Count == ushort.MaxValue || !_arena.TryTake(layout.MemorySize, limit, out offset))
        {
            pages?.Dispose();
            one.Dispose();
            return Errno.NoMem;
        }

        ArenaRange memory = new(_arena, offset, layout.MemorySize);
        region = new Region(memory, NextId(), layout, isPrivate: true, ended =>
        {
            End(ended);
            pages.Dispose();
            one.Dispose();
        }, _books);
        _regions.Add(region.Id, region);
        return Errno.Ok;
    }

    /// <summary>Gives the global region the sizes that the parameters ask for, when nobody uses it. Other regions stay as they are.</summary>
    /// <returns>0, EINVAL for sizes out of range, ENOMEM when the arena has no room for them.</returns>
    internal int Settle(Region region)
    {
        if (region != Global || Global.Users > 0 || GlobalSizes == _settledSizes)
        {
            return Errno.Ok;
        }

        RegionLayout? layout = RegionLayout.TryCreate(GlobalSizes, isPrivate: false);
        if (layout is null)
        {
            return Errno.Inval;
        }

        Global.EndMemory();
        bool fits = _arena.TryTake(layout.MemorySize, LegacyLimit, out ulong offset);
        if (!fits)
        {
            layout = Global.Layout;
            Check.That(_arena.TryTake(layout.MemorySize, LegacyLimit, out offset), "the global region lost its place");
        }

        Global.Relocate(new ArenaRange(_arena, offset, layout.MemorySize), layout);
        _settledSizes = fits ? GlobalSizes : _settledSizes;
        return fits ? Errno.Ok : Errno.NoMem;
    }

    /// <summary>The region in these pages of a client, if there is one.</summary>
    internal Region? FindExternal(MemoryIdentity identity) => _external.GetValueOrDefault(identity);

    /// <summary>A new region in memory of a client. Null: ids or places for such regions run out (ENOMEM).</summary>
    /// <param name="memory">The memory; the region owns it from now on.</param>
    /// <param name="layout">Fits in the memory.</param>
    /// <param name="user">Whom it is counted for.</param>
    internal Region? TryCreateExternal(ExternalMemory memory, RegionLayout layout, uint user)
    {
        Check.That(layout.MemorySize <= memory.Length, "a region is larger than its memory");
        if (_regions.Count == ushort.MaxValue || _quotas.TryTake(user, QuotaKind.ExternalRegion) is not { } one)
        {
            return null;
        }

        MemoryIdentity identity = memory.Identity;
        Region region = new(new ExternalRange(memory), NextId(), layout, isPrivate: true, ended =>
        {
            _external.Remove(identity);
            End(ended);
            one.Dispose();
        }, _books);
        _regions.Add(region.Id, region);
        _external.Add(identity, region);
        return region;
    }

    /// <inheritdoc cref="Arena.Sweep"/>
    internal bool Sweep(ref ulong budget) => _arena.Sweep(
        _regions.Values.Where(static region => region is { Users: 0, IsExternal: false })
            .Select(static region => (region.ArenaOffset, region.Layout.MemorySize)),
        ref budget);

    private ushort NextId()
    {
        do
        {
            _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
        }
        while (_regions.ContainsKey(_lastId));

        return _lastId;
    }

    private void End(Region region)
    {
        Check.That(region.Users == 0, "a region in use ends");
        _regions.Remove(region.Id);
        region.EndMemory();
        if (region.Id == _lastId)
        {
            _lastId--;
        }
    }
}

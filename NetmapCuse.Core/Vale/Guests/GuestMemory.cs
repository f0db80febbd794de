namespace NetmapCuse.Core.Vale.Guests;

/// <summary>The memory of one guest, as far as it was told of. Changed while no ring of the guest runs.</summary>
internal sealed unsafe class GuestMemory : IDisposable
{
    /// <summary>What GET_MAX_MEM_SLOTS says; QEMU takes what it needs of them.</summary>
    internal const int RegionsMax = 64;

    private GuestRegion[] _regions = [];

    internal int Count => _regions.Length;

    /// <summary>Bytes of all regions.</summary>
    internal ulong Bytes => (ulong)_regions.Sum(static region => (long)region.Range.Size);

    /// <summary>Adds a region; false when it overlaps another or there are too many. It stays the caller's then.</summary>
    internal bool TryAdd(GuestRegion region)
    {
        if (_regions.Length == RegionsMax || _regions.Any(other => other.Range.Overlaps(region.Range)))
        {
            return false;
        }

        _regions = [.. _regions, region];
        return true;
    }

    /// <summary>Ends the region that is described so; false when there is none.</summary>
    internal bool TryRemove(in GuestRange range)
    {
        GuestRange wanted = range with { Offset = 0 };
        if (Array.Find(_regions, region => region.Range with { Offset = 0 } == wanted) is not { } found)
        {
            return false;
        }

        _regions = [.. _regions.Where(region => region != found)];
        found.Dispose();
        return true;
    }

    internal void Clear()
    {
        foreach (GuestRegion region in _regions)
        {
            region.Dispose();
        }

        _regions = [];
    }

    /// <summary>The rest of the region from an address of the guest on; null where there is nothing.</summary>
    internal byte* Find(ulong guest, out ulong length)
    {
        foreach (GuestRegion region in _regions)
        {
            ulong offset = guest - region.Range.Guest;
            if (offset < region.Range.Size)
            {
                length = region.Range.Size - offset;
                return region.Host + offset;
            }
        }

        length = 0;
        return null;
    }

    /// <summary>A part of a ring by the front-end's address, which has to lie in one region; null where it does not.</summary>
    /// <param name="user">The address.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="guest">Where that is for the guest.</param>
    internal byte* FindPart(ulong user, ulong length, out ulong guest)
    {
        foreach (GuestRegion region in _regions)
        {
            ulong offset = user - region.Range.User;
            if (offset < region.Range.Size && length <= region.Range.Size - offset)
            {
                guest = region.Range.Guest + offset;
                return region.Host + offset;
            }
        }

        guest = 0;
        return null;
    }

    public void Dispose() => Clear();
}

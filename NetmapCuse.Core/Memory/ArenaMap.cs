namespace NetmapCuse.Core.Memory;

/// <summary>
/// Which ranges of the arena belong to regions: first fit, whole pages. Arithmetic only; not thread-safe (control plane).
/// </summary>
internal sealed class ArenaMap(ulong size)
{
    /// <summary>Ranges in use, by offset, without overlap.</summary>
    private readonly SortedList<ulong, ulong> _used = [];

    internal ulong Size { get; } = size;

    /// <summary>The lowest free range of this many bytes that ends at or below <paramref name="limit"/>.</summary>
    internal bool TryTake(ulong bytes, ulong limit, out ulong offset)
    {
        bytes = (bytes + RegionLayout.Page - 1) & ~(RegionLayout.Page - 1);
        limit = Math.Min(limit, Size);
        offset = 0;
        foreach ((ulong start, ulong length) in _used)
        {
            if (start - offset >= bytes)
            {
                break;
            }

            offset = start + length;
        }

        if (bytes > limit || offset > limit - bytes)
        {
            return false;
        }

        _used.Add(offset, bytes);
        return true;
    }

    /// <summary>What belongs to no region, from the first to the last.</summary>
    internal IEnumerable<(ulong Offset, ulong Length)> Gaps()
    {
        ulong end = 0;
        foreach ((ulong start, ulong length) in _used)
        {
            if (start > end)
            {
                yield return (end, start - end);
            }

            end = start + length;
        }

        if (Size > end)
        {
            yield return (end, Size - end);
        }
    }

    internal void Return(ulong offset) => Check.That(_used.Remove(offset), "an arena range is returned that nobody has");
}

namespace NetmapCuse.Core.Memory;

/// <summary>One pool of a region: how many objects of how many bytes each.</summary>
internal readonly record struct PoolSize(uint Count, uint ObjectSize)
{
    internal ulong Bytes => (ulong)Count * ObjectSize;
}

/// <summary>
/// Where the three pools of a region lie. Arithmetic only (reference/netmap-abi.md sections 7.1 to 7.3):
/// <code>
/// [ netmap_if pool ][ netmap_ring pool ][ buffer pool ]
/// 0                 RingPoolOffset      BufferPoolOffset      MemorySize
/// </code>
/// Each pool starts on a page. In regions of the daemon's own it is a whole number of clusters, each cluster a whole number
/// of pages; in regions of a client (<see cref="ExtMemLayout"/>) it has exactly the objects that were asked for.
/// </summary>
internal sealed record RegionLayout(PoolSize If, PoolSize Ring, PoolSize Buffer)
{
    internal const ulong Page = 4096;
    private const uint ObjectAlignment = 64;
    private const uint ClusterBytesMax = 4 << 20;

    internal ulong RingPoolOffset => RoundUp(If.Bytes);

    internal ulong BufferPoolOffset => RingPoolOffset + RoundUp(Ring.Bytes);

    internal ulong MemorySize => BufferPoolOffset + RoundUp(Buffer.Bytes);

    /// <summary>Whole pages.</summary>
    internal static ulong RoundUp(ulong bytes) => (bytes + Page - 1) & ~(Page - 1);

    /// <summary>The layout for requested pools, or null when one is out of range (EINVAL).</summary>
    internal static RegionLayout? TryCreate(RegionSizes requested, bool isPrivate)
    {
        uint ifCountMin = isPrivate ? 1u : 10u;
        uint ifCountMax = isPrivate ? 100u : 10000u;
        return TryRound(requested.If, 56, 4096, ifCountMin, ifCountMax, out PoolSize ifPool)
            && TryRound(requested.Ring, 256, 131072, 2, 1024, out PoolSize ring)
            && TryRound(requested.Buffer, 64, 65536, 4, 1000000, out PoolSize buffer)
            ? new RegionLayout(ifPool, ring, buffer)
            : null;
    }

    /// <summary>Rounds the object size to cache lines and the count to whole clusters.</summary>
    private static bool TryRound(
        PoolSize requested, uint sizeMin, uint sizeMax, uint countMin, uint countMax, out PoolSize rounded)
    {
        rounded = default;
        uint size = (requested.ObjectSize + ObjectAlignment - 1) / ObjectAlignment * ObjectAlignment;
        if (requested.ObjectSize > sizeMax || size < sizeMin || size > sizeMax
            || requested.Count < countMin || requested.Count > countMax)
        {
            return false;
        }

        uint cluster = (uint)Page / GreatestCommonDivisor(size, (uint)Page);
        if (cluster * (ulong)size > ClusterBytesMax)
        {
            return false;
        }

        rounded = new PoolSize((requested.Count + cluster - 1) / cluster * cluster, size);
        return true;
    }

    private static uint GreatestCommonDivisor(uint a, uint b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}

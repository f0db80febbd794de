using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Where the pools of a region in a client's memory lie (reference/netmap-abi.md section 7.6). Arithmetic only. Each pool
/// starts on a page, without the rounding to clusters; what the memory has beyond the sum of the pools becomes buffers;
/// what then does not fit, because of the rounding to pages, is dropped from the end.
/// <para>
/// Buffers have any size that the daemon's own may have (64 to 65536), to the byte. Interfaces and rings start on cache lines: programs
/// find them by offsets, and locked instructions on words across two lines are expensive. What has an impossible size is ENOMEM,
/// as it is for the original, which checks no range and then finds no room in its objects.
/// </para>
/// </summary>
internal static class ExtMemLayout
{
    private const uint ObjectAlignment = 64;

    /// <summary>Objects of a pool that an account is kept of. Memory beyond that many buffers is not used.</summary>
    private const uint ObjectsMax = 1_000_000;

    /// <summary>Fills in the fields that are zero.</summary>
    /// <param name="info">What the client asks for.</param>
    /// <param name="minimum">The least that a private region has (parameters priv_*).</param>
    internal static void Complete(ref NmreqPoolsInfo info, in RegionSizes minimum)
    {
        info.IfPoolObjects = OrElse(info.IfPoolObjects, minimum.If.Count);
        info.IfPoolObjectSize = OrElse(info.IfPoolObjectSize, minimum.If.ObjectSize);
        info.RingPoolObjects = OrElse(info.RingPoolObjects, minimum.Ring.Count);
        info.RingPoolObjectSize = OrElse(info.RingPoolObjectSize, minimum.Ring.ObjectSize);
        info.BufferPoolObjects = OrElse(info.BufferPoolObjects, minimum.Buffer.Count);
        info.BufferPoolObjectSize = OrElse(info.BufferPoolObjectSize, minimum.Buffer.ObjectSize);
    }

    /// <summary>Lays the pools out.</summary>
    /// <param name="info">Complete; nr_memsize is what the client has.</param>
    /// <param name="layout">Not larger than nr_memsize, rounded up to a page.</param>
    /// <returns>0, ENOMEM when the pools exceed the memory or have objects of sizes that cannot be.</returns>
    internal static int TryCreate(in NmreqPoolsInfo info, out RegionLayout layout)
    {
        layout = null!;
        PoolSize ifs = new(info.IfPoolObjects, info.IfPoolObjectSize);
        PoolSize rings = new(info.RingPoolObjects, info.RingPoolObjectSize);
        PoolSize buffers = new(info.BufferPoolObjects, info.BufferPoolObjectSize);
        UInt128 sum = (UInt128)ifs.Bytes + rings.Bytes + buffers.Bytes;
        if (sum > info.MemorySize)
        {
            return Errno.NoMem;
        }

        if (!IsPossible(ifs, 56, 4096) || !IsPossible(rings, 256, 131072) || !IsPossible(buffers, 64, 65536))
        {
            return Errno.NoMem;
        }

        ifs = Align(ifs);
        rings = Align(rings);

        ulong rest = info.MemorySize - (ulong)sum;
        ulong wanted = buffers.Count + ((rest + buffers.ObjectSize - 1) / buffers.ObjectSize);
        ulong end = RegionLayout.RoundUp(info.MemorySize);
        ifs = Cut(ifs, ifs.Count, 0, end);
        rings = Cut(rings, rings.Count, RegionLayout.RoundUp(ifs.Bytes), end);
        ulong bufferOffset = RegionLayout.RoundUp(ifs.Bytes) + RegionLayout.RoundUp(rings.Bytes);
        buffers = Cut(buffers, wanted, bufferOffset, end);
        layout = new RegionLayout(ifs, rings, buffers);
        return ifs.Count > 0 && rings.Count > 0 && buffers.Count > NetmapApi.FirstUsableBuffer ? Errno.Ok : Errno.NoMem;
    }

    private static uint OrElse(uint given, uint otherwise) => given != 0 ? given : otherwise;

    private static bool IsPossible(PoolSize pool, uint sizeMin, uint sizeMax) =>
        pool.ObjectSize >= sizeMin && pool.ObjectSize <= sizeMax && pool.Count <= ObjectsMax;

    private static PoolSize Align(PoolSize pool) =>
        pool with { ObjectSize = (pool.ObjectSize + ObjectAlignment - 1) / ObjectAlignment * ObjectAlignment };

    /// <summary>As many objects as there is room for.</summary>
    private static PoolSize Cut(PoolSize pool, ulong wanted, ulong offset, ulong end)
    {
        ulong room = offset < end ? (end - offset) / pool.ObjectSize : 0;
        return pool with { Count = (uint)Math.Min(Math.Min(wanted, ObjectsMax), room) };
    }
}

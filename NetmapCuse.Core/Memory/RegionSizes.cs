namespace NetmapCuse.Core.Memory;

/// <summary>Requested pool sizes of a region, before rounding (reference/netmap-abi.md section 7.3).</summary>
internal readonly record struct RegionSizes(PoolSize If, PoolSize Ring, PoolSize Buffer)
{
    /// <summary>dev.netmap.if_num, if_size, ring_num, ring_size, buf_num, buf_size.</summary>
    internal static RegionSizes GlobalDefault { get; } = new(new(100, 1024), new(200, 36864), new(163840, 2048));

    /// <summary>dev.netmap.priv_*: the least that a private region has.</summary>
    internal static RegionSizes PrivateMinimum { get; } = new(new(2, 1024), new(4, 20480), new(4098, 2048));

    /// <summary>
    /// What a private region needs for a port: at least the minimum, and room for all rings, the fake host rings, the
    /// extra buffers and an allowance of pipes.
    /// </summary>
    /// <param name="minimum">The least of each pool.</param>
    /// <param name="rings">The port's rings and slots, without host rings.</param>
    /// <param name="extraBuffers">Extra buffers of the request that creates the port.</param>
    /// <param name="pipes">2 for VALE ports, 0 for copy monitors.</param>
    internal static RegionSizes ForPort(RegionSizes minimum, PortRings rings, uint extraBuffers, uint pipes)
    {
        uint tx = rings.Tx + 1;
        uint rx = rings.Rx + 1;
        uint buffers = ((4 * pipes) + rx) * rings.RxSlots + ((4 * pipes) + tx) * rings.TxSlots + 2 + extraBuffers;
        return new RegionSizes(
            AtLeast(minimum.If, 2 + (4 * pipes), 56 + (8 * (tx + rx))),
            AtLeast(minimum.Ring, tx + rx + (8 * pipes), 256 + (16 * Math.Max(rings.TxSlots, rings.RxSlots))),
            AtLeast(minimum.Buffer, buffers, 0));
    }

    private static PoolSize AtLeast(PoolSize minimum, uint count, uint size) =>
        new(Math.Max(minimum.Count, count), Math.Max(minimum.ObjectSize, size));
}

/// <summary>Numbers of rings and slots of a port, host rings apart.</summary>
internal readonly record struct PortRings(uint Tx, uint Rx, uint TxSlots, uint RxSlots);

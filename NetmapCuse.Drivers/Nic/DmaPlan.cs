using NetmapCuse.Core.Memory;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// Where a NIC finds what (reference/nic-drivers.md section 3.2). Interrupts have 0xfee00000 to 0xfeefffff to themselves, so packet
/// memory of chips with long addresses begins at 4 GiB, each byte at 4 GiB and its place in the arena.
/// </summary>
internal static class DmaPlan
{
    /// <summary>The driver's own memory: descriptors and the like.</summary>
    internal const ulong Control = 0x0010_0000;

    internal const uint ControlBytes = 16 << 20;

    /// <summary>Buffers of queues that serve the host.</summary>
    internal const ulong Host = 0x1000_0000;

    private const ulong LowRegion = 0x2000_0000;
    private const ulong LowEnd = 0xfee0_0000;
    private const ulong HighRegions = 0x1_0000_0000;
    private const int ShortAddress = 32;

    /// <summary>Where a region goes; null when the chip's addresses are too short for it.</summary>
    internal static ulong? Place(Region region, uint dmaBits)
    {
        ulong bytes = region.Layout.MemorySize;
        if (dmaBits <= ShortAddress)
        {
            return LowRegion + bytes <= LowEnd ? LowRegion : null;
        }

        ulong place = HighRegions + region.ArenaOffset;
        return dmaBits >= 64 || place + bytes <= 1UL << (int)dmaBits ? place : null;
    }
}

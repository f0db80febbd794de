using NetmapCuse.Core.Memory;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Vfio;

/// <summary>Whole memories for a device, so that who takes a NIC handles no addresses.</summary>
internal static unsafe class DmaSpaces
{
    /// <summary>All of a region.</summary>
    internal static void Map(this IDmaSpace space, Region region, ulong iova) =>
        space.Map(region.Address, iova, region.Layout.MemorySize);

    /// <summary>All of a driver's own memory, where it says that it is.</summary>
    internal static void Map(this IDmaSpace space, ControlMemory memory) => space.Map(memory.Address, memory.Iova, memory.Bytes);
}

using NetmapCuse.Core.Memory;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Vfio;

/// <summary>What is mapped for NICs.</summary>
internal static unsafe class DmaSpaces
{
    /// <summary>A driver's control memory, where it says that it is.</summary>
    internal static void Map(this IDmaSpace space, ControlMemory memory) => space.Map(memory.Address, memory.Iova, memory.Bytes);

    /// <summary>A region.</summary>
    internal static void Map(this IDmaSpace space, Region region, ulong iova) =>
        space.Map(region.Address, iova, region.Layout.MemorySize);
}

namespace NetmapCuse.Core.Memory;

/// <summary>A device that reaches a region's memory by itself (DMA).</summary>
internal interface IRegionDevice
{
    /// <summary>The memory moves or ends: afterwards the device does not reach it. Its queues there are closed already.</summary>
    void LetGo(Region region);
}

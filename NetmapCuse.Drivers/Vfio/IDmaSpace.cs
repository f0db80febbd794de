namespace NetmapCuse.Drivers.Vfio;

/// <summary>
/// What a device can reach of our memory: nothing but what is mapped here. Behind it an IOMMU, by a VFIO container or, where the
/// kernel has it, iommufd. Control plane.
/// </summary>
internal unsafe interface IDmaSpace
{
    /// <summary>Lets the device reach a range, whole pages, at I/O address <paramref name="iova"/>. All its pages are pinned.</summary>
    /// <exception cref="Core.Interop.PosixException">The kernel refuses; the step says what to do.</exception>
    void Map(byte* address, ulong iova, ulong bytes);

    /// <summary>Takes a range back: exactly one that was mapped. The device does not reach it any more when this returns.</summary>
    void Unmap(ulong iova, ulong bytes);
}

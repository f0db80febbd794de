using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>A driver, and which devices it drives.</summary>
/// <param name="Name">For people.</param>
/// <param name="Vendor">PCI vendor.</param>
/// <param name="Devices">PCI devices of the vendor.</param>
/// <param name="Make">Makes it; touches nothing of the chip yet.</param>
/// <param name="RevisionMin">Older ones are another chip under the same number.</param>
internal sealed record NicDriverEntry(
    string Name, ushort Vendor, IReadOnlyList<ushort> Devices,
    Func<NicDevice, ControlMemory, NicLink, NicDriver> Make, byte RevisionMin = 0)
{
    internal bool Drives(ushort vendor, ushort device, byte revision) =>
        vendor == Vendor && revision >= RevisionMin && Devices.Contains(device);
}

using NetmapCuse.Drivers.E1000;
using NetmapCuse.Drivers.E1000e;
using NetmapCuse.Drivers.Forcedeth;
using NetmapCuse.Drivers.Igb;
using NetmapCuse.Drivers.Ixgbe;
using NetmapCuse.Drivers.Pci;
using NetmapCuse.Drivers.R8169;
using NetmapCuse.Drivers.Rtl8139;
using NetmapCuse.Drivers.VirtioNet;
using NetmapCuse.Drivers.Vmxnet3;

namespace NetmapCuse.Drivers.Nic;

/// <summary>All drivers there are.</summary>
internal static class NicDrivers
{
    internal static IReadOnlyList<NicDriverEntry> All { get; } =
    [
        E1000Driver.Entry,
        E1000eDriver.Entry,
        IgbDriver.Entry,
        IxgbeDriver.Entry,
        VirtioNetDriver.Entry,
        Vmxnet3Driver.Entry,
        Rtl8139Driver.Entry,
        R8169Driver.Entry,
        ForcedethDriver.Entry,
    ];

    internal static NicDriverEntry? For(PciFunction function) =>
        All.FirstOrDefault(entry => entry.Drives(function.Vendor, function.Device, function.Revision));
}

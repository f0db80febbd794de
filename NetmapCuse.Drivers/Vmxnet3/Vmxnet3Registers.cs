using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Vmxnet3;

/// <summary>
/// Registers of vmxnet3, for which there is no data sheet (names and places as in Linux' drivers/net/vmxnet3/vmxnet3_defs.h;
/// reference/nic-drivers.md section 11): doorbells in BAR 0, commands in BAR 1.
/// </summary>
internal static class Vmxnet3Registers
{
    // BAR 0
    internal static readonly Register Imr = new("IMR", 0x000, 8);
    internal static readonly Register TxProd = new("TXPROD", 0x600, 8);
    internal static readonly Register RxProd = new("RXPROD", 0x800, 8);

    // BAR 1
    internal static readonly Register Vrrs = new("VRRS", 0x00);
    internal static readonly Register Uvrs = new("UVRS", 0x08);
    internal static readonly Register Dsal = new("DSAL", 0x10);
    internal static readonly Register Dsah = new("DSAH", 0x18);
    internal static readonly Register Command = new("CMD", 0x20);
    internal static readonly Register Icr = new("ICR", 0x38);
    internal static readonly Register Ecr = new("ECR", 0x40);
}

using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Intel;

/// <summary>
/// Registers that all Intel gigabit chips have (reference/nic-drivers.md section 7: PCI/PCI-X Family of Gigabit Ethernet Controllers
/// Software Developer's Manual, 317453, chapter 13; 82574 and 82576EB datasheets).
/// </summary>
internal static class IntelRegisters
{
    internal static readonly Register Ctrl = new("CTRL", 0x0000);
    internal static readonly Register Status = new("STATUS", 0x0008);
    internal static readonly Register CtrlExt = new("CTRL_EXT", 0x0018);
    internal static readonly Register Mdic = new("MDIC", 0x0020);
    internal static readonly Register Fcal = new("FCAL", 0x0028);
    internal static readonly Register Fcah = new("FCAH", 0x002c);
    internal static readonly Register Fct = new("FCT", 0x0030);
    internal static readonly Register Icr = new("ICR", 0x00c0);
    internal static readonly Register Itr = new("ITR", 0x00c4);
    internal static readonly Register Ims = new("IMS", 0x00d0);
    internal static readonly Register Imc = new("IMC", 0x00d8);
    internal static readonly Register Rctl = new("RCTL", 0x0100);
    internal static readonly Register Fcttv = new("FCTTV", 0x0170);
    internal static readonly Register Tctl = new("TCTL", 0x0400);
    internal static readonly Register Tipg = new("TIPG", 0x0410);
    internal static readonly Register Crcerrs = new("CRCERRS", 0x4000);
    internal static readonly Register Mpc = new("MPC", 0x4010);
    internal static readonly Register Rnbc = new("RNBC", 0x40a0);
    internal static readonly Register Roc = new("ROC", 0x40ac);
    internal static readonly Register Rxcsum = new("RXCSUM", 0x5000);
    internal static readonly Register Mta = new("MTA", 0x5200, 4);
    internal static readonly Register Ral = new("RAL", 0x5400, 8);
    internal static readonly Register Rah = new("RAH", 0x5404, 8);
    internal static readonly Register Mrqc = new("MRQC", 0x5818);
    internal static readonly Register Reta = new("RETA", 0x5c00, 4);
    internal static readonly Register Rssrk = new("RSSRK", 0x5c80, 4);

    internal const uint MtaCount = 128;
    internal const uint RetaCount = 32;
}

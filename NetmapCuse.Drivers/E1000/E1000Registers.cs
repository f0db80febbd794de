using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.E1000;

/// <summary>Queue registers of the 8254x (317453 sections 13.4.24 to 13.4.44) and, 0x100 further on, of the second queue of the 82574.</summary>
internal static class E1000Registers
{
    internal static readonly Register Rdbal = new("RDBAL", 0x2800, 0x100);
    internal static readonly Register Rdbah = new("RDBAH", 0x2804, 0x100);
    internal static readonly Register Rdlen = new("RDLEN", 0x2808, 0x100);
    internal static readonly Register Rdh = new("RDH", 0x2810, 0x100);
    internal static readonly Register Rdt = new("RDT", 0x2818, 0x100);
    internal static readonly Register Rdtr = new("RDTR", 0x2820);
    internal static readonly Register Radv = new("RADV", 0x282c);
    internal static readonly Register Tdbal = new("TDBAL", 0x3800, 0x100);
    internal static readonly Register Tdbah = new("TDBAH", 0x3804, 0x100);
    internal static readonly Register Tdlen = new("TDLEN", 0x3808, 0x100);
    internal static readonly Register Tdh = new("TDH", 0x3810, 0x100);
    internal static readonly Register Tdt = new("TDT", 0x3818, 0x100);
    internal static readonly Register Tidv = new("TIDV", 0x3820);
    internal static readonly Register Txdctl = new("TXDCTL", 0x3828, 0x100);
}

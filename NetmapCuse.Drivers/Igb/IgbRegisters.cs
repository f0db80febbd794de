using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Igb;

/// <summary>Registers of the 82576 and its successors beside the common ones (82576EB Datasheet, 320961, chapter 8).</summary>
internal static class IgbRegisters
{
    internal static readonly Register Eecd = new("EECD", 0x0010);
    internal static readonly Register Gpie = new("GPIE", 0x1514);
    internal static readonly Register Eims = new("EIMS", 0x1524);
    internal static readonly Register Eimc = new("EIMC", 0x1528);
    internal static readonly Register Eiac = new("EIAC", 0x152c);
    internal static readonly Register Eiam = new("EIAM", 0x1530);
    internal static readonly Register Eicr = new("EICR", 0x1580);
    internal static readonly Register Eitr = new("EITR", 0x1680, 4);
    internal static readonly Register Ivar = new("IVAR", 0x1700, 4);
    internal static readonly Register IvarMisc = new("IVAR_MISC", 0x1740);
    internal static readonly Register Rlpml = new("RLPML", 0x5004);

    internal static readonly Register Rdbal = new("RDBAL", 0xc000, 0x40);
    internal static readonly Register Rdbah = new("RDBAH", 0xc004, 0x40);
    internal static readonly Register Rdlen = new("RDLEN", 0xc008, 0x40);
    internal static readonly Register Srrctl = new("SRRCTL", 0xc00c, 0x40);
    internal static readonly Register Rdh = new("RDH", 0xc010, 0x40);
    internal static readonly Register Rdt = new("RDT", 0xc018, 0x40);
    internal static readonly Register Rxdctl = new("RXDCTL", 0xc028, 0x40);

    internal static readonly Register Tdbal = new("TDBAL", 0xe000, 0x40);
    internal static readonly Register Tdbah = new("TDBAH", 0xe004, 0x40);
    internal static readonly Register Tdlen = new("TDLEN", 0xe008, 0x40);
    internal static readonly Register Tdh = new("TDH", 0xe010, 0x40);
    internal static readonly Register Tdt = new("TDT", 0xe018, 0x40);
    internal static readonly Register Txdctl = new("TXDCTL", 0xe028, 0x40);
}

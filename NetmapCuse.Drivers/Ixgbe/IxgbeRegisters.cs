using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Ixgbe;

/// <summary>Registers of the 82599 (Intel 82599 10 GbE Controller Datasheet, 331520, section 8.2.3; reference/nic-drivers.md section 12).</summary>
internal static class IxgbeRegisters
{
    internal static readonly Register Ctrl = new("CTRL", 0x00000);
    internal static readonly Register Status = new("STATUS", 0x00008);
    internal static readonly Register CtrlExt = new("CTRL_EXT", 0x00018);
    internal static readonly Register Esdp = new("ESDP", 0x00020);
    internal static readonly Register Eicr = new("EICR", 0x00800);
    internal static readonly Register Eiac = new("EIAC", 0x00810);
    internal static readonly Register Eitr = new("EITR", 0x00820, 4);
    internal static readonly Register Eims = new("EIMS", 0x00880);
    internal static readonly Register Eimc = new("EIMC", 0x00888);
    internal static readonly Register Eiam = new("EIAM", 0x00890);
    internal static readonly Register Gpie = new("GPIE", 0x00898);
    internal static readonly Register Ivar = new("IVAR", 0x00900, 4);
    internal static readonly Register IvarMisc = new("IVAR_MISC", 0x00a00);
    internal static readonly Register EimcEx = new("EIMC_EX", 0x00ab0, 4);

    internal static readonly Register Rdbal = new("RDBAL", 0x01000, 0x40);
    internal static readonly Register Rdbah = new("RDBAH", 0x01004, 0x40);
    internal static readonly Register Rdlen = new("RDLEN", 0x01008, 0x40);
    internal static readonly Register DcaRxctrl = new("DCA_RXCTRL", 0x0100c, 0x40);
    internal static readonly Register Rdh = new("RDH", 0x01010, 0x40);
    internal static readonly Register Srrctl = new("SRRCTL", 0x01014, 0x40);
    internal static readonly Register Rdt = new("RDT", 0x01018, 0x40);
    internal static readonly Register Rxdctl = new("RXDCTL", 0x01028, 0x40);

    internal static readonly Register Rdrxctl = new("RDRXCTL", 0x02f00);
    internal static readonly Register Rxctrl = new("RXCTRL", 0x03000);
    internal static readonly Register Fcttv = new("FCTTV", 0x03200, 4);
    internal static readonly Register Fcrtl = new("FCRTL", 0x03220, 4);
    internal static readonly Register Fcrth = new("FCRTH", 0x03260, 4);
    internal static readonly Register Fcrtv = new("FCRTV", 0x032a0);
    internal static readonly Register Rxpbsize = new("RXPBSIZE", 0x03c00, 4);
    internal static readonly Register Fccfg = new("FCCFG", 0x03d00);
    internal static readonly Register Rxmpc = new("RXMPC", 0x03fa0, 4);
    internal static readonly Register Crcerrs = new("CRCERRS", 0x04000);
    internal static readonly Register Hlreg0 = new("HLREG0", 0x04240);
    internal static readonly Register Maxfrs = new("MAXFRS", 0x04268);
    internal static readonly Register Mflcn = new("MFLCN", 0x04294);
    internal static readonly Register Autoc = new("AUTOC", 0x042a0);
    internal static readonly Register Links = new("LINKS", 0x042a4);
    internal static readonly Register Rttdcs = new("RTTDCS", 0x04900);
    internal static readonly Register Txpbthresh = new("TXPBTHRESH", 0x04950, 4);
    internal static readonly Register Dmatxctl = new("DMATXCTL", 0x04a80);
    internal static readonly Register Rxcsum = new("RXCSUM", 0x05000);
    internal static readonly Register Fctrl = new("FCTRL", 0x05080);
    internal static readonly Register Vlnctrl = new("VLNCTRL", 0x05088);
    internal static readonly Register Mta = new("MTA", 0x05200, 4);
    internal static readonly Register Mrqc = new("MRQC", 0x05818);
    internal static readonly Register Reta = new("RETA", 0x05c00, 4);
    internal static readonly Register Rssrk = new("RSSRK", 0x05c80, 4);

    internal static readonly Register Tdbal = new("TDBAL", 0x06000, 0x40);
    internal static readonly Register Tdbah = new("TDBAH", 0x06004, 0x40);
    internal static readonly Register Tdlen = new("TDLEN", 0x06008, 0x40);
    internal static readonly Register Tdh = new("TDH", 0x06010, 0x40);
    internal static readonly Register Tdt = new("TDT", 0x06018, 0x40);
    internal static readonly Register Txdctl = new("TXDCTL", 0x06028, 0x40);

    internal static readonly Register Dtxmxszrq = new("DTXMXSZRQ", 0x08100);
    internal static readonly Register Mtqc = new("MTQC", 0x08120);
    internal static readonly Register SecRxCtrl = new("SECRXCTRL", 0x08d00);
    internal static readonly Register SecRxStat = new("SECRXSTAT", 0x08d04);
    internal static readonly Register Ral = new("RAL", 0x0a200, 8);
    internal static readonly Register Rah = new("RAH", 0x0a204, 8);
    internal static readonly Register Txpbsize = new("TXPBSIZE", 0x0cc00, 4);
    internal static readonly Register Eec = new("EEC", 0x10010);

    internal const uint MtaCount = 128;
    internal const uint RetaCount = 32;
    internal const uint AddressCount = 128;
    internal const uint PacketBuffers = 8;
}

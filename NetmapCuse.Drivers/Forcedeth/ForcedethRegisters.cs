using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Forcedeth;

/// <summary>
/// Registers of the nForce's MAC (reference/nic-drivers.md section 14). There is no public data sheet; the names are Linux's
/// (drivers/net/ethernet/nvidia/forcedeth.c).
/// </summary>
internal static class ForcedethRegisters
{
    internal static readonly Register IrqStatus = new("IrqStatus", 0x000);
    internal static readonly Register IrqMask = new("IrqMask", 0x004);
    internal static readonly Register SetupReg6 = new("UnknownSetupReg6", 0x008);
    internal static readonly Register Misc1 = new("Misc1", 0x080);
    internal static readonly Register TransmitterControl = new("TransmitterControl", 0x084);
    internal static readonly Register TransmitterStatus = new("TransmitterStatus", 0x088);
    internal static readonly Register PacketFilter = new("PacketFilterFlags", 0x08c);
    internal static readonly Register OffloadConfig = new("OffloadConfig", 0x090);
    internal static readonly Register ReceiverControl = new("ReceiverControl", 0x094);
    internal static readonly Register ReceiverStatus = new("ReceiverStatus", 0x098);
    internal static readonly Register SlotTime = new("SlotTime", 0x09c);
    internal static readonly Register TxDeferral = new("TxDeferral", 0x0a0);
    internal static readonly Register RxDeferral = new("RxDeferral", 0x0a4);
    internal static readonly Register MacA = new("MacAddrA", 0x0a8);
    internal static readonly Register MacB = new("MacAddrB", 0x0ac);
    internal static readonly Register MulticastA = new("MulticastAddrA", 0x0b0);
    internal static readonly Register MulticastB = new("MulticastAddrB", 0x0b4);
    internal static readonly Register MulticastMaskA = new("MulticastMaskA", 0x0b8);
    internal static readonly Register MulticastMaskB = new("MulticastMaskB", 0x0bc);
    internal static readonly Register PhyInterface = new("PhyInterface", 0x0c0);
    internal static readonly Register TxRing = new("TxRingPhysAddr", 0x100);
    internal static readonly Register RxRing = new("RxRingPhysAddr", 0x104);
    internal static readonly Register RingSizes = new("RingSizes", 0x108);
    internal static readonly Register TransmitPoll = new("TransmitPoll", 0x10c);
    internal static readonly Register LinkSpeed = new("LinkSpeed", 0x110);
    internal static readonly Register SetupReg5 = new("UnknownSetupReg5", 0x130);
    internal static readonly Register TxWatermark = new("TxWatermark", 0x13c);
    internal static readonly Register TxRxControl = new("TxRxControl", 0x144);
    internal static readonly Register TxRingHigh = new("TxRingPhysAddrHigh", 0x148);
    internal static readonly Register RxRingHigh = new("RxRingPhysAddrHigh", 0x14c);
    internal static readonly Register MiiStatus = new("MIIStatus", 0x180);
    internal static readonly Register MiiMask = new("MIIMask", 0x184);
    internal static readonly Register AdapterControl = new("AdapterControl", 0x188);
    internal static readonly Register MiiSpeed = new("MIISpeed", 0x18c);
    internal static readonly Register MiiControl = new("MIIControl", 0x190);
    internal static readonly Register MiiData = new("MIIData", 0x194);
}

namespace NetmapCuse.Drivers.R8169;

/// <summary>
/// Registers of the RTL8168 (reference/nic-drivers.md section 13; names as in Linux's r8169_main.c). There is no public data sheet.
/// Widths differ, so these are offsets for the verbs with a width.
/// </summary>
internal static class R8169Registers
{
    internal const uint Mac0 = 0x00;
    internal const uint Mac4 = 0x04;
    internal const uint Multicast0 = 0x08;
    internal const uint Multicast4 = 0x0c;
    internal const uint CounterLow = 0x10;
    internal const uint CounterHigh = 0x14;
    internal const uint TxRingLow = 0x20;
    internal const uint TxRingHigh = 0x24;
    internal const uint Command = 0x37;
    internal const uint TxPoll = 0x38;
    internal const uint InterruptMask = 0x3c;
    internal const uint InterruptStatus = 0x3e;
    internal const uint TxConfig = 0x40;
    internal const uint RxConfig = 0x44;
    internal const uint Lock = 0x50;
    internal const uint PhyAccess = 0x60;
    internal const uint PhyStatus = 0x6c;
    internal const uint PhyOcp = 0xb8;
    internal const uint Mcu = 0xd3;
    internal const uint RxMaxSize = 0xda;
    internal const uint CPlusCommand = 0xe0;
    internal const uint Mitigation = 0xe2;
    internal const uint RxRingLow = 0xe4;
    internal const uint RxRingHigh = 0xe8;
    internal const uint MaxTxSize = 0xec;
    internal const uint Misc = 0xf0;
}

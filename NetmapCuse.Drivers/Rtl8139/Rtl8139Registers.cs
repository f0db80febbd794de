using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Rtl8139;

/// <summary>Registers of the RTL8139C+ in C+ mode (Realtek, RTL8139C+ data sheet, section 6; reference/nic-drivers.md section 13).</summary>
internal static class Rtl8139Registers
{
    internal static readonly Register Idr = new("IDR", 0x00, 1);
    internal static readonly Register Mar = new("MAR", 0x08, 4);
    internal static readonly Register Tnpds = new("TNPDS", 0x20);
    internal static readonly Register Command = new("CR", 0x37);
    internal static readonly Register InterruptMask = new("IMR", 0x3c);
    internal static readonly Register InterruptStatus = new("ISR", 0x3e);
    internal static readonly Register TransmitConfig = new("TCR", 0x40);
    internal static readonly Register ReceiveConfig = new("RCR", 0x44);
    internal static readonly Register Missed = new("MPC", 0x4c);
    internal static readonly Register Unlock = new("9346CR", 0x50);
    internal static readonly Register MediaStatus = new("MSR", 0x58);
    internal static readonly Register TransmitPoll = new("TPPoll", 0xd9);
    internal static readonly Register PlusCommand = new("C+CR", 0xe0);
    internal static readonly Register Rdsar = new("RDSAR", 0xe4);
}

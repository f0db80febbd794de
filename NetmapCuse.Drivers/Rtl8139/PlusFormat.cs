using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Rtl8139;

/// <summary>
/// C+ descriptors: two words of options, the first with OWN, then the address (RTL8139C+ data sheet, section 9). OWN is what makes a
/// descriptor the chip's, so it is written last.
/// </summary>
internal readonly struct PlusFormat : IDescriptorFormat
{
    private const ulong Own = 1UL << 31;
    private const ulong EndOfRing = 1UL << 30;
    private const ulong First = 1UL << 29;
    private const ulong Last = 1UL << 28;

    /// <summary>Error summary of an RX descriptor.</summary>
    private const ulong Error = 1UL << 20;

    private const uint LengthMask = 0x1fff;
    private const uint CrcBytes = 4;

    public static bool MarksEnd => true;

    public static void WriteTransmit(ref Descriptor descriptor, in TransmitPart part)
    {
        descriptor.High = part.Address;
        Volatile.Write(
            ref descriptor.Low,
            part.Length | Own | (part.EndsRing ? EndOfRing : 0) | (part.IsFirst ? First : 0) | (part.IsLast ? Last : 0));
    }

    /// <summary>Each descriptor comes back.</summary>
    public static void AskReport(ref Descriptor descriptor)
    {
    }

    public static bool IsSent(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.Low) & Own) == 0;

    public static void WriteReceive(ref Descriptor descriptor, ulong address, uint bytes, bool endsRing)
    {
        descriptor.High = address;
        Volatile.Write(ref descriptor.Low, bytes | Own | (endsRing ? EndOfRing : 0));
    }

    public static bool IsReceived(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.Low) & Own) == 0;

    public static ReceivedPart Received(ref Descriptor descriptor)
    {
        ulong word = descriptor.Low;
        uint length = (uint)word & LengthMask;
        return new ReceivedPart
        {
            Length = (word & Last) == 0 ? length : Math.Max(length, CrcBytes) - CrcBytes,
            IsLast = (word & Last) != 0,
            IsBad = (word & Error) != 0,
        };
    }
}

using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Forcedeth;

/// <summary>
/// Descriptors of version 3 (reference/nic-drivers.md section 14): the upper half of the address, the lower one, VLAN, and the flags with
/// the length, whose highest bit says whose it is.
/// </summary>
internal readonly struct ForcedethFormat : IDescriptorFormat
{
    private const ulong Ours = 1UL << 63;
    private const int FlagsShift = 32;
    private const uint LastPart = 1u << 29;
    private const uint IsGood = 1u << 29;
    private const uint HasError = 1u << 30;
    private const uint LengthMask = 0x3fff;

    public static bool MarksEnd => false;

    public static void WriteTransmit(ref Descriptor descriptor, in TransmitPart part)
    {
        descriptor.Low = Turned(part.Address);
        ulong flags = (part.Length - 1) | (part.IsLast ? LastPart : 0);
        Volatile.Write(ref descriptor.High, Ours | (flags << FlagsShift));
    }

    /// <summary>Each one is told of: its bit goes.</summary>
    public static void AskReport(ref Descriptor descriptor)
    {
    }

    public static bool IsSent(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.High) & Ours) == 0;

    public static void WriteReceive(ref Descriptor descriptor, ulong address, uint bytes, bool endsRing)
    {
        descriptor.Low = Turned(address);
        Volatile.Write(ref descriptor.High, Ours | ((ulong)bytes << FlagsShift));
    }

    public static bool IsReceived(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.High) & Ours) == 0;

    /// <summary>A frame has one buffer; its length is without the CRC.</summary>
    public static ReceivedPart Received(ref Descriptor descriptor)
    {
        uint flags = (uint)(descriptor.High >> FlagsShift);
        return new ReceivedPart
        {
            Length = flags & LengthMask,
            IsLast = true,
            IsBad = (flags & (IsGood | HasError)) != IsGood,
        };
    }

    private static ulong Turned(ulong address) => (address >> 32) | (address << 32);
}

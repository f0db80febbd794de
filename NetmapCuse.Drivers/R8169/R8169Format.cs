using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.R8169;

/// <summary>
/// Descriptors of the RTL8168 (reference/nic-drivers.md section 13): flags with an own bit, VLAN and checksums, which stay zero, and
/// the address. A descriptor is the chip's as soon as its own bit is written, doorbell or not.
/// </summary>
internal readonly struct R8169Format : IDescriptorFormat
{
    private const ulong Own = 1UL << 31;
    private const ulong EndOfRing = 1UL << 30;
    private const ulong First = 1UL << 29;
    private const ulong Last = 1UL << 28;
    private const ulong ReceiveError = 1UL << 21;
    private const uint ReceivedLength = 0x3fff;
    private const uint CrcBytes = 4;

    public static bool MarksEnd => true;

    public static void WriteTransmit(ref Descriptor descriptor, in TransmitPart part)
    {
        descriptor.High = part.Address;
        ulong flags = Own | part.Length | (part.IsFirst ? First : 0) | (part.IsLast ? Last : 0) | (part.EndsRing ? EndOfRing : 0);
        Volatile.Write(ref descriptor.Low, flags);
    }

    /// <summary>Each one is told of: its own bit goes.</summary>
    public static void AskReport(ref Descriptor descriptor)
    {
    }

    public static bool IsSent(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.Low) & Own) == 0;

    public static void WriteReceive(ref Descriptor descriptor, ulong address, uint bytes, bool endsRing)
    {
        descriptor.High = address;
        Volatile.Write(ref descriptor.Low, Own | bytes | (endsRing ? EndOfRing : 0));
    }

    public static bool IsReceived(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.Low) & Own) == 0;

    /// <summary>The length counts the CRC. Frames do not go over several buffers: what does is damaged.</summary>
    public static ReceivedPart Received(ref Descriptor descriptor)
    {
        ulong flags = descriptor.Low;
        uint length = (uint)flags & ReceivedLength;
        return new ReceivedPart
        {
            Length = length - Math.Min(length, CrcBytes),
            IsLast = (flags & Last) != 0,
            IsBad = (flags & (First | Last | ReceiveError)) != (First | Last) || length <= CrcBytes,
        };
    }
}

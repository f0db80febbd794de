using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Intel;

/// <summary>Legacy descriptors (317453 sections 3.2.3 and 3.3.3): address; then length, command or status, and what is not used here.</summary>
internal readonly struct LegacyFormat : IDescriptorFormat
{
    // Second word of a TX descriptor
    private const ulong EndOfPacket = 1UL << 24;
    private const ulong InsertCrc = 1UL << 25;
    private const ulong ReportStatus = 1UL << 27;
    private const ulong TxDone = 1UL << 32;

    // Second word of an RX descriptor
    private const ulong RxDone = 1UL << 32;
    private const ulong RxEnd = 1UL << 33;

    /// <summary>CE, SE, SEQ, CXE, RXE; the two checksum errors are no matter of ours.</summary>
    private const ulong RxErrors = 0x97UL << 40;

    public static bool MarksEnd => false;

    public static void WriteTransmit(ref Descriptor descriptor, in TransmitPart part)
    {
        descriptor.Low = part.Address;
        descriptor.High = part.Length | InsertCrc | (part.IsLast ? EndOfPacket : 0) | (part.Reports ? ReportStatus : 0);
    }

    public static void AskReport(ref Descriptor descriptor) => descriptor.High |= ReportStatus;

    public static bool IsSent(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.High) & TxDone) != 0;

    public static void WriteReceive(ref Descriptor descriptor, ulong address, uint bytes, bool endsRing)
    {
        descriptor.Low = address;
        descriptor.High = 0;
    }

    public static bool IsReceived(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.High) & RxDone) != 0;

    public static ReceivedPart Received(ref Descriptor descriptor)
    {
        ulong word = descriptor.High;
        return new ReceivedPart
        {
            Length = (ushort)word,
            IsLast = (word & RxEnd) != 0,
            IsBad = (word & RxErrors) != 0,
        };
    }
}

using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Intel;

/// <summary>Advanced descriptors (82576EB Datasheet, 320961, sections 7.1.5 and 7.2.2.3), which the 82599 has, too.</summary>
internal readonly struct AdvancedFormat : IDescriptorFormat
{
    // Second word of a TX data descriptor
    private const ulong DataType = 3UL << 20;
    private const ulong EndOfPacket = 1UL << 24;
    private const ulong InsertCrc = 1UL << 25;
    private const ulong ReportStatus = 1UL << 27;
    private const ulong Extension = 1UL << 29;
    private const ulong TxDone = 1UL << 32;

    /// <summary>PAYLEN: bytes of the whole frame.</summary>
    private const int PayloadShift = 46;

    public static bool MarksEnd => false;

    public static void WriteTransmit(ref Descriptor descriptor, in TransmitPart part)
    {
        descriptor.Low = part.Address;
        descriptor.High = part.Length | DataType | InsertCrc | Extension | ((ulong)part.FrameLength << PayloadShift)
            | (part.IsLast ? EndOfPacket : 0) | (part.Reports ? ReportStatus : 0);
    }

    public static void AskReport(ref Descriptor descriptor) => descriptor.High |= ReportStatus;

    public static bool IsSent(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.High) & TxDone) != 0;

    public static void WriteReceive(ref Descriptor descriptor, ulong address, uint bytes, bool endsRing) =>
        ExtendedReceive.Write(ref descriptor, address);

    public static bool IsReceived(ref Descriptor descriptor) => ExtendedReceive.IsDone(ref descriptor);

    public static ReceivedPart Received(ref Descriptor descriptor) => ExtendedReceive.Read(ref descriptor);
}

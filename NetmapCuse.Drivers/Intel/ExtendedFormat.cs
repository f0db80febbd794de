using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Intel;

/// <summary>Legacy TX and extended RX descriptors (82574 Datasheet sections 7.1.5 and 7.2.10), which several queues need.</summary>
internal readonly struct ExtendedFormat : IDescriptorFormat
{
    public static bool MarksEnd => false;

    public static void WriteTransmit(ref Descriptor descriptor, in TransmitPart part) =>
        LegacyFormat.WriteTransmit(ref descriptor, part);

    public static void AskReport(ref Descriptor descriptor) => LegacyFormat.AskReport(ref descriptor);

    public static bool IsSent(ref Descriptor descriptor) => LegacyFormat.IsSent(ref descriptor);

    public static void WriteReceive(ref Descriptor descriptor, ulong address, uint bytes, bool endsRing) =>
        ExtendedReceive.Write(ref descriptor, address);

    public static bool IsReceived(ref Descriptor descriptor) => ExtendedReceive.IsDone(ref descriptor);

    public static ReceivedPart Received(ref Descriptor descriptor) => ExtendedReceive.Read(ref descriptor);
}

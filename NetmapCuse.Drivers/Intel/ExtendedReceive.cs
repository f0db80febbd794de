using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.Intel;

/// <summary>
/// What extended and advanced RX descriptors have in common: they are given as addresses and come back as status, errors and length
/// (82574 Datasheet section 7.1.5; 320961 section 7.1.5).
/// </summary>
internal static class ExtendedReceive
{
    // Second word as it is written back
    private const ulong Done = 1UL << 0;
    private const ulong End = 1UL << 1;

    /// <summary>CE, SE, SEQ, CXE and RXE, not the checksum errors.</summary>
    private const ulong Errors = 0x9700_0000UL;

    private const int LengthShift = 32;

    internal static void Write(ref Descriptor descriptor, ulong address)
    {
        descriptor.High = 0;
        descriptor.Low = address;
    }

    internal static bool IsDone(ref Descriptor descriptor) => (Volatile.Read(ref descriptor.High) & Done) != 0;

    internal static ReceivedPart Read(ref Descriptor descriptor)
    {
        ulong word = descriptor.High;
        return new ReceivedPart
        {
            Length = (ushort)(word >> LengthShift),
            IsLast = (word & End) != 0,
            IsBad = (word & Errors) != 0,
        };
    }
}

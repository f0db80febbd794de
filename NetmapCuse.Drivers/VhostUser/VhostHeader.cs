using System.Buffers.Binary;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>The 12 bytes in front of each message, in the byte order of the machine.</summary>
/// <param name="Request">Which message.</param>
/// <param name="Flags">Version, whether it is an answer, whether one is wanted.</param>
/// <param name="Size">Bytes that follow.</param>
internal readonly record struct VhostHeader(VhostRequest Request, uint Flags, uint Size)
{
    internal const int Bytes = 12;

    private const uint VersionMask = 3;
    private const uint Version = 1;
    private const uint Answer = 1 << 2;
    private const uint NeedsAnswer = 1 << 3;

    internal bool IsSound => (Flags & VersionMask) == Version && (Flags & Answer) == 0;

    /// <summary>An answer is wanted, if the message has none of its own.</summary>
    internal bool WantsAnswer => (Flags & NeedsAnswer) != 0;

    internal static VhostHeader Parse(ReadOnlySpan<byte> bytes) => new(
        (VhostRequest)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));

    /// <summary>The header of an answer to this message.</summary>
    internal void WriteAnswer(Span<byte> bytes, uint size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)Request);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Version | Answer);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], size);
    }
}

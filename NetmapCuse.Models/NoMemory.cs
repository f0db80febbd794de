namespace NetmapCuse.Models;

/// <summary>Nothing is mapped.</summary>
internal sealed class NoMemory : IDmaMemory
{
    internal static readonly NoMemory Instance = new();

    public bool Read(ulong iova, Span<byte> into) => false;

    public bool Write(ulong iova, ReadOnlySpan<byte> bytes) => false;
}

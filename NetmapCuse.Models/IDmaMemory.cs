namespace NetmapCuse.Models;

/// <summary>What a device reaches by DMA, at the addresses that its driver gives it.</summary>
public interface IDmaMemory
{
    /// <summary>False where a byte of it is not mapped; what the buffer holds then is undefined.</summary>
    bool Read(ulong iova, Span<byte> into);

    /// <summary>False where a byte of it is not mapped; nothing is written then.</summary>
    bool Write(ulong iova, ReadOnlySpan<byte> bytes);
}

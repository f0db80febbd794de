namespace NetmapCuse.Models;

/// <summary>What a driver has written to one register.</summary>
public sealed record RegisterWrite(int Bar, ulong Offset, int Bytes, uint First)
{
    /// <summary>The value of the last write.</summary>
    public uint Last { get; internal set; } = First;

    /// <summary>How often it was written.</summary>
    public long Count { get; internal set; } = 1;
}

namespace NetmapCuse.Core.Rings;

/// <summary>What the program says of one ring in its CSB: read once, head before cur.</summary>
internal readonly record struct CsbWords(uint Head, uint Cur, bool WantsKick)
{
    /// <summary>The program has not moved in between.</summary>
    internal bool IsAt(CsbWords other) => Head == other.Head && Cur == other.Cur;
}

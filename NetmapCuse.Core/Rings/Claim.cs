namespace NetmapCuse.Core.Rings;

/// <summary>A claim of slots [Start, Start + Count) of a receive ring, which are the sender's until it hands them over.</summary>
internal readonly record struct Claim(uint Start, uint Count);

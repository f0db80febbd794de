namespace NetmapCuse.Models.Mellanox;

/// <summary>Where a queue lies: an offset in the translation table, and the size of its pages.</summary>
internal readonly record struct Translation(ulong Table, int PageShift);

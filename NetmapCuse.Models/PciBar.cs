namespace NetmapCuse.Models;

/// <summary>A region of a device.</summary>
public readonly record struct PciBar(int Index, uint Size, bool IsIo = false, bool Is64Bit = false);

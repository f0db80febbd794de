namespace NetmapCuse.Drivers.Mmio;

/// <summary>A register of a chip, or a row of them, with the name that the data sheet has.</summary>
/// <param name="Name">As in the data sheet.</param>
/// <param name="Offset">Bytes from the start of the register space.</param>
/// <param name="Stride">Bytes from one of the row to the next.</param>
internal readonly record struct Register(string Name, uint Offset, uint Stride = 0)
{
    /// <summary>Where number <paramref name="index"/> of the row is.</summary>
    internal uint At(uint index) => Offset + (index * Stride);
}

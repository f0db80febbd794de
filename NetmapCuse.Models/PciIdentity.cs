namespace NetmapCuse.Models;

/// <summary>What the configuration space of a device says of it, before a driver has touched it.</summary>
public sealed record PciIdentity
{
    /// <summary>Vendor and device.</summary>
    public required (ushort Vendor, ushort Device) Id { get; init; }

    /// <summary>Of the board.</summary>
    public required (ushort Vendor, ushort Device) Subsystem { get; init; }

    /// <summary>Of the silicon.</summary>
    public byte Revision { get; init; }

    /// <summary>Class 2 (network), subclass 0 (Ethernet) unless the chip calls itself otherwise.</summary>
    public ushort Class { get; init; } = 0x0200;

    /// <summary>The regions, by number of their base address register.</summary>
    public required IReadOnlyList<PciBar> Bars { get; init; }

    /// <summary>INTx pin A.</summary>
    public bool HasLine { get; init; } = true;

    /// <summary>One MSI message.</summary>
    public bool HasMsi { get; init; }

    /// <summary>MSI-X vectors; 0: none.</summary>
    public int MsiXVectors { get; init; }

    /// <summary>Where the MSI-X table is: behind 8 KiB of it, in the same region, come the pending bits.</summary>
    public int MsiXBar { get; init; }

    /// <summary>A PCI Express capability is there.</summary>
    public bool IsExpress { get; init; }
}

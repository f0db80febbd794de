namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// What has to be known to give a NIC back to the host: written down before anything of it is changed, in a file for each NIC, so that
/// whoever comes after a daemon that died can do it.
/// </summary>
internal sealed record NicRecord
{
    /// <summary>PCI address.</summary>
    public required string Address { get; init; }

    /// <summary>The driver that it had; null for none.</summary>
    public string? Driver { get; init; }

    /// <summary>It was VFIO's already: somebody else's business, and left so.</summary>
    public bool WasPrepared { get; init; }

    /// <summary>The process that has it; 0 for none.</summary>
    public int Holder { get; init; }

    /// <summary>An operator took it ("nic take"): it stays away from the host until an operator gives it back.</summary>
    public bool IsOperators { get; init; }

    /// <summary>When that process started, so that another one with its number is not taken for it.</summary>
    public ulong HolderStart { get; init; }

    /// <summary>The interface as the host had it; null when it had none.</summary>
    public InterfaceState? Interface { get; init; }

    /// <summary>RX and TX queues; 0 for the usual number.</summary>
    public uint Queues { get; init; }

    /// <summary>Slots of each ring; 0 for the usual number.</summary>
    public uint Slots { get; init; }
}

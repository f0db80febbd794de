namespace NetmapCuse.Drivers.Nic;

/// <summary>What the operator wants of a NIC.</summary>
internal sealed record NicSettings
{
    /// <summary>RX and TX queues; 0: as many as there are processors.</summary>
    internal uint Queues { get; init; }

    /// <summary>Slots of each ring.</summary>
    internal uint Slots { get; init; } = 512;

    /// <summary>For tests: what is sent is looked for so far beside where it is, where only the IOMMU stops it.</summary>
    internal ulong StrayBytes { get; init; }

    /// <summary>MTU, without the Ethernet header.</summary>
    internal uint Mtu { get; init; } = 1500;
}

using NetmapCuse.Core.Memory;

namespace NetmapCuse.Core.Ports;

/// <summary>What an interface has and can.</summary>
internal sealed record AdapterProperties
{
    /// <summary>NIC rings and their slots.</summary>
    internal required PortRings Rings { get; init; }

    /// <summary>The interface's MTU, without the Ethernet header.</summary>
    internal required uint Mtu { get; init; }

    /// <summary>The largest single buffer that the interface can receive into; 0 when it cannot be told (EIO).</summary>
    internal required uint ReceiveBufferMax { get; init; }

    /// <summary>Receives frames over several slots.</summary>
    internal bool SplitsFrames { get; init; }

    /// <summary>A driver for the device itself; false for one that goes through the host's own driver ("generic").</summary>
    internal bool IsNative { get; init; }

    /// <summary>Host rings each way when a request does not say.</summary>
    internal uint HostRings { get; init; }
}

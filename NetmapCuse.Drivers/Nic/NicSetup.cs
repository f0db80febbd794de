using NetmapCuse.Drivers.Vfio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>How a chip is to be set up: fixed from one <see cref="NicDriver.Start"/> to the next.</summary>
internal sealed record NicSetup
{
    internal required uint TxQueues { get; init; }

    internal required uint RxQueues { get; init; }

    /// <summary>The longest frame that is sent or received, Ethernet header and VLAN tag included, CRC not.</summary>
    internal required uint FrameBytes { get; init; }

    /// <summary>Bytes of a buffer, for chips that have one size for all queues.</summary>
    internal required uint BufferSize { get; init; }

    internal required InterruptKind Interrupts { get; init; }

    /// <summary>Vectors in use. With two or more the last one is for all that is no queue.</summary>
    internal required uint Vectors { get; init; }

    /// <summary>Vectors of queues.</summary>
    internal uint QueueVectors => Math.Max(Vectors - 1, 1);

    internal uint OtherVector => Vectors - 1;

    /// <summary>RX and TX queue of a number share a vector.</summary>
    internal uint VectorOf(uint queue) => queue % QueueVectors;
}

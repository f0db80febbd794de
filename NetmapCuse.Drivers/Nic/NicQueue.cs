using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>What both directions of a NIC's queues have.</summary>
/// <param name="ring">The netmap ring.</param>
/// <param name="iova">Where the ring's region begins for the chip.</param>
/// <param name="block">The queue's descriptors.</param>
internal abstract class NicQueue(AdapterRing ring, ulong iova, DmaBlock block)
{
    internal AdapterRing Ring { get; } = ring;

    internal uint Number => Ring.Number;

    internal DmaBlock Block { get; } = block;

    /// <summary>Called by <see cref="DrivenNic"/>'s queues as they close, with the queue.</summary>
    internal Action<NicQueue> Closing { get; set; } = static _ => { };

    /// <summary>I/O address of buffer 0.</summary>
    protected ulong BufferPool { get; } = iova + ring.OffsetOf(0);

    /// <summary>Bytes of a buffer.</summary>
    protected uint BufferSize { get; } = ring.BufferSize;

    /// <summary>
    /// The chip has forgotten the descriptors, and writes and reads nothing now: begins again with the first one. What was to be sent
    /// counts as sent. The ring is held.
    /// </summary>
    internal abstract void Rewind();

    /// <summary>Marks buffers that the queue has.</summary>
    public abstract void MarkShown(BufferSet shown);
}

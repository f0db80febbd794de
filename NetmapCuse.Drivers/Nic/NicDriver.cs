using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// The driver of a chip: how its registers are set, and what its descriptors look like. What all chips share (who has which queue,
/// DMA, interrupts, link, the host's side) is in <see cref="DrivenNic"/>, which calls in this order:
/// <code>
/// Reset, Start, StartReceive and StartTransmit of queues, Run   ... queues stop and start ...   Stop
/// </code>
/// All of it is control plane, one call at a time, but for the queues that it makes and for <see cref="TakeCauses"/>. Any step may throw
/// a PosixException that says what the chip did not do.
/// </summary>
internal abstract class NicDriver(NicDevice device, ControlMemory memory)
{
    /// <summary>The chip's name, for people.</summary>
    internal abstract string Chip { get; }

    internal abstract NicLimits Limits { get; }

    /// <summary>The permanent MAC address, its first byte lowest. Valid after <see cref="Reset"/>.</summary>
    internal abstract ulong Mac { get; }

    protected NicDevice Device { get; } = device;

    protected ControlMemory Memory { get; } = memory;

    /// <summary>How much of a buffer the chip receives into; 0 for buffers that it cannot take.</summary>
    internal abstract uint ReceiveBytes(uint bufferSize);

    /// <summary>Brings the chip to a known state: no DMA, no interrupts, link as it likes.</summary>
    internal abstract void Reset();

    /// <summary>Sets up all but the queues.</summary>
    internal abstract void Start(NicSetup setup);

    /// <summary>A receive queue over the ring; it is the chip's with <see cref="StartReceive"/>.</summary>
    /// <param name="ring">The netmap ring. Its number is the queue's.</param>
    /// <param name="iova">Where the ring's region begins for the chip.</param>
    internal abstract NicReceiveQueue MakeReceive(AdapterRing ring, ulong iova);

    internal abstract NicTransmitQueue MakeTransmit(AdapterRing ring, ulong iova);

    /// <summary>The chip gets the queue's descriptors, from the first on; all buffers that the queue has are in them.</summary>
    internal abstract void StartReceive(NicReceiveQueue queue);

    internal abstract void StartTransmit(NicTransmitQueue queue);

    /// <summary>The chip has started all queues there are: frames come and go.</summary>
    internal abstract void Run();

    /// <summary>Afterwards the chip writes to no buffer of the queue.</summary>
    internal abstract void StopReceive(NicReceiveQueue queue);

    /// <summary>Afterwards the chip reads no buffer of the queue.</summary>
    internal abstract void StopTransmit(NicTransmitQueue queue);

    /// <summary>No DMA and no interrupts any more: receiving off, sending off, interrupts masked.</summary>
    internal abstract void Stop();

    internal abstract bool HasLink();

    /// <summary>Reads why a vector interrupted, and lets it interrupt again. From the NIC's thread.</summary>
    internal abstract NicCauses TakeCauses(uint vector);

    /// <summary>Which frames to receive besides those for the MAC and for everybody.</summary>
    internal abstract void SetReceiveMode(bool isPromiscuous, bool allMulticast);

    /// <summary>What the chip counts and rings do not: names of the data sheet, sums since the start.</summary>
    internal virtual void ReadCounters(Action<string, ulong> tell)
    {
    }
}

using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>An RX queue of a NIC.</summary>
internal abstract class NicReceiveQueue(AdapterRing ring, ulong iova, DmaBlock block)
    : NicQueue(ring, iova, block), IReceiveQueue
{
    public abstract bool HasNews { get; }

    public abstract void Refill(SlotBatch slots);

    public abstract uint Receive(SlotBatch slots);

    /// <summary>Takes buffers of slots without telling the chip, which does not know the queue yet.</summary>
    internal abstract void Take(SlotBatch slots);

    /// <summary>Tells the chip of all buffers that it has got.</summary>
    internal abstract void Tell();

    public void Close(SlotBatch slots)
    {
        Closing(this);
        GiveBack(slots);
    }

    /// <summary>Puts the buffers that the queue has into slots: there are as many.</summary>
    protected abstract void GiveBack(SlotBatch slots);
}

using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>A TX queue of a NIC. Slots are counted as they are taken and as they are done; the chip's way to it is the driver's.</summary>
/// <param name="ring">The netmap ring.</param>
/// <param name="iova">Where the ring's region begins for the chip.</param>
/// <param name="block">The queue's descriptors.</param>
/// <param name="link">Without a link nothing is taken, as in the kernel module.</param>
internal abstract class NicTransmitQueue(AdapterRing ring, ulong iova, DmaBlock block, NicLink link)
    : NicQueue(ring, iova, block), ITransmitQueue
{
    private uint _told;

    /// <summary>Slots that were taken since the queue was made; wraps.</summary>
    protected uint Taken { get; set; }

    /// <summary>How many of these are done with.</summary>
    protected uint Done { get; set; }

    public abstract bool HasNews { get; }

    public uint Transmit(SlotBatch slots) => link.IsUp ? Send(slots) : 0;

    public uint Reclaim()
    {
        Clean();
        uint news = Done - _told;
        _told = Done;
        return news;
    }

    public void Close() => Closing(this);

    /// <summary>Gives frames to the chip.</summary>
    /// <returns>How many slots were taken.</returns>
    protected abstract uint Send(SlotBatch slots);

    /// <summary>Moves <see cref="Done"/> over what the chip has sent.</summary>
    protected abstract void Clean();
}

using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>The notification of a virtqueue: its number, written to a place of its own (VIRTIO 1.2 section 4.1.4.4).</summary>
internal sealed class NotifyDoorbell(RegisterSpace space, uint offset, ushort queue) : Doorbell
{
    internal override void Ring(uint tail) => space.Write16(offset, queue);
}

using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Tests.Monitors;

/// <summary>
/// A port as an interface would be: NIC rings and host rings, frames wait outside until an RX sync takes them in, and what
/// is sent is complete at the next sync. A frame is one byte.
/// </summary>
internal sealed unsafe class QueuePort : Port
{
    private readonly Queue<byte>[] _waiting;

    internal QueuePort(PortRings rings, uint hostRings, Region region)
        : base("queue0", rings, region)
    {
        HostTxRings = hostRings;
        HostRxRings = hostRings;
        _waiting = [.. Enumerable.Range(0, (int)(rings.Rx + hostRings)).Select(_ => new Queue<byte>())];
        region.AddReference();
    }

    internal override bool ReceivesInSync => true;

    /// <summary>A frame arrives.</summary>
    internal void Arrive(int ring, byte frame)
    {
        _waiting[ring].Enqueue(frame);
        Rx[ring].Wake();
    }

    internal override bool TxSync(Kring ring)
    {
        ring.Indexes.HwTail = RingWindow.Previous(ring.Indexes.HwCur, ring.NumSlots);
        ring.Indexes.HwCur = ring.Indexes.RHead;
        return true;
    }

    internal override bool RxSync(Kring ring)
    {
        ring.Indexes.HwCur = ring.Indexes.RHead;
        Queue<byte> waiting = _waiting[ring.Index];
        while (RingWindow.Next(ring.Indexes.HwTail, ring.NumSlots) != ring.Indexes.HwCur && waiting.TryDequeue(out byte frame))
        {
            NetmapSlot* slot = ring.Slots + ring.Indexes.HwTail;
            *ring.BufferOf(slot->BufferIndex) = frame;
            slot->Length = 1;
            slot->Flags = SlotFlags.None;
            ring.Indexes.HwTail = RingWindow.Next(ring.Indexes.HwTail, ring.NumSlots);
        }

        return true;
    }

    protected override void OnEnded() => Region.DropReference();
}

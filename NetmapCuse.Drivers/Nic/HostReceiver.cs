using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Drivers.Nic;

/// <summary>An RX queue in the host's service: a ring of its own, whose frames go to the TAP as they come.</summary>
internal sealed class HostReceiver
{
    private const int PartsMax = NetmapApi.FragmentsMax;

    /// <summary>Rounds of one call: the thread has other queues, too, and is called again by the next interrupt.</summary>
    private const int RoundsMax = 8;

    private readonly NicTap _tap;
    private readonly Kring _ring;
    private uint _at;

    internal HostReceiver(DrivenNic nic, NicTap tap, Region region, uint number)
    {
        _tap = tap;
        _ring = new Kring(RingDirection.Rx, number, nic.RxSlots, isHost: false);
        if (!_ring.TryCreate(region))
        {
            throw new PosixException("making a ring for the host's frames", Errno.NoMem);
        }

        Queue = nic.MakeReceive(new AdapterRing(_ring));
        Queue.Take(new SlotBatch(_ring, 0, _ring.NumSlots));
    }

    internal NicReceiveQueue Queue { get; }

    internal void Start() => _ring.Start();

    /// <summary>Afterwards nothing of it is delivered.</summary>
    internal void Stop() => _ring.Stop();

    /// <summary>The chip has let go of the buffers.</summary>
    internal void End()
    {
        Queue.Close(new SlotBatch(_ring, 0, _ring.NumSlots));
        _ring.Delete();
    }

    /// <summary>Delivers what has come. From the NIC's thread.</summary>
    internal void Pump()
    {
        if (!_ring.TryEnter())
        {
            return;
        }

        Span<IoVector> parts = stackalloc IoVector[PartsMax];
        for (int round = 0; round < RoundsMax; round++)
        {
            SlotBatch room = new(_ring, _at, _ring.NumSlots - 1);
            uint filled = Queue.Receive(room);
            if (filled == 0)
            {
                break;
            }

            Deliver(room, filled, parts);
            Queue.Refill(new SlotBatch(_ring, _at, filled));
            _at = RingWindow.Advance(_at, filled, _ring.NumSlots);
        }

        _ring.Exit();
    }

    private void Deliver(SlotBatch slots, uint filled, Span<IoVector> parts)
    {
        int count = 0;
        for (uint i = 0; i < filled; i++)
        {
            NetmapSlot slot = slots.Peek(i);
            parts[Math.Min(count, PartsMax - 1)] = slots.Vector(slot);
            count++;
            if ((slot.Flags & SlotFlags.MoreFragments) == 0)
            {
                if (count <= PartsMax)
                {
                    _tap.Deliver(parts[..count]);
                }

                count = 0;
            }
        }
    }
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Drivers.Nic;

/// <summary>The TX queue that sends what the host sends on the TAP, while no program has it.</summary>
internal sealed class HostSender
{
    private const int PartsMax = 16;

    private readonly NicTap _tap;
    private readonly Kring _ring;
    private uint _at;
    private uint _inFlight;

    internal HostSender(DrivenNic nic, NicTap tap, Region region)
    {
        _tap = tap;
        _ring = new Kring(RingDirection.Tx, 0, nic.TxSlots, isHost: false);
        if (!_ring.TryCreate(region))
        {
            throw new PosixException("making a ring for the host's frames", Errno.NoMem);
        }

        Queue = nic.MakeTransmit(new AdapterRing(_ring));
    }

    internal NicTransmitQueue Queue { get; }

    internal void Start() => _ring.Start();

    /// <summary>Afterwards nothing is taken from the TAP.</summary>
    internal void Stop() => _ring.Stop();

    /// <summary>The chip has let go of the buffers.</summary>
    internal void End() => _ring.Delete();

    /// <summary>Sends what the TAP has, as far as there is room; what is left stays there.</summary>
    internal void Pump()
    {
        if (!_ring.TryEnter())
        {
            return;
        }

        uint count = _ring.NumSlots;
        _inFlight -= Queue.Reclaim();
        uint room = count - 1 - _inFlight;
        SlotBatch slots = new(_ring, _at, room);
        uint taken = Take(slots);
        uint sent = taken == 0 ? 0 : Queue.Transmit(new SlotBatch(_ring, _at, taken));

        // What the chip does not take, for want of a link, is lost as it would be with its own driver.
        _at = RingWindow.Advance(_at, sent, count);
        _inFlight += sent;
        _ring.Exit();
    }

    private uint Take(SlotBatch slots)
    {
        Span<IoVector> parts = stackalloc IoVector[PartsMax];
        uint taken = 0;
        while (true)
        {
            int offered = 0;
            ulong bytes = 0;
            while (bytes < _tap.LongestFrame && offered < PartsMax && taken + (uint)offered < slots.Count)
            {
                parts[offered] = slots.Room(taken + (uint)offered);
                bytes += parts[offered++].Length;
            }

            uint left = bytes < _tap.LongestFrame ? 0 : (uint)_tap.TryTake(0, parts[..offered]);
            if (left == 0)
            {
                return taken;
            }

            for (int i = 0; left != 0; i++)
            {
                uint length = Math.Min(left, (uint)parts[i].Length);
                left -= length;
                slots.PutLength(taken++, length, left != 0 ? SlotFlags.MoreFragments : SlotFlags.None);
            }
        }
    }
}

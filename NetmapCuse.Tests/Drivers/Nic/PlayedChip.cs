using NetmapCuse.Core.Memory;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>
/// What a chip with advanced descriptors does with its rings (82576EB Datasheet, sections 7.1.5 and 7.2.2): for the ring arithmetic
/// only. The chips themselves are judged in the lab.
/// </summary>
internal sealed class PlayedChip(NicQueue queue, PlayedDoorbell doorbell)
{
    private const ulong EndOfPacket = 1UL << 24;
    private const ulong Report = 1UL << 27;
    private const ulong TxDone = 1UL << 32;
    private uint _head;

    /// <summary>Descriptors that are the chip's now.</summary>
    internal uint Owned => (doorbell.Tail + queue.Ring.NumSlots - _head) % queue.Ring.NumSlots;

    /// <summary>Sends all that it was told of, and writes back what it was to report.</summary>
    /// <returns>Frames: lists of address and length.</returns>
    internal List<List<(ulong Address, uint Length)>> SendAll()
    {
        List<List<(ulong, uint)>> frames = [];
        List<(ulong, uint)> frame = [];
        while (_head != doorbell.Tail)
        {
            ref Descriptor descriptor = ref queue.Block.Items<Descriptor>()[(int)_head];
            frame.Add((descriptor.Low, (ushort)descriptor.High));
            if ((descriptor.High & EndOfPacket) != 0)
            {
                uint whole = (uint)(descriptor.High >> 46);
                Check.That(frame.Sum(static part => part.Item2) == whole, "a frame has another length than its parts");
                frames.Add(frame);
                frame = [];
            }

            if ((descriptor.High & Report) != 0)
            {
                descriptor.High = TxDone;
            }

            _head = (_head + 1) % queue.Ring.NumSlots;
        }

        return frames;
    }

    /// <summary>Receives a part of a frame. False: it has no descriptor.</summary>
    internal bool Receive(uint length, bool isLast = true, bool isBad = false)
    {
        if (Owned == 0)
        {
            return false;
        }

        ref Descriptor descriptor = ref queue.Block.Items<Descriptor>()[(int)_head];
        LastAddress = descriptor.Low;
        descriptor.High = ((ulong)length << 32) | 1 | (isLast ? 2UL : 0) | (isBad ? 0x8000_0000UL : 0);
        _head = (_head + 1) % queue.Ring.NumSlots;
        return true;
    }

    /// <summary>Where the last one went.</summary>
    internal ulong LastAddress { get; private set; }

    /// <summary>The chip was reset.</summary>
    internal void Reset() => _head = 0;
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// The data path between rings and the host stack (reference/netmap-behaviour.md sections 7.1 and 7.2), with frames over several
/// slots (NS_MOREFRAG), which the kernel module does not have there.
/// </summary>
internal sealed partial class NicPort
{
    /// <summary>An Ethernet header: less is no frame for the host stack.</summary>
    private const uint HeaderBytes = 14;

    /// <summary>Slots of one frame at most.</summary>
    private const int PartsMax = NetmapApi.FragmentsMax;

    /// <summary>Delivers slots to the host stack; impossible frames are dropped. Returns the end.</summary>
    private uint SendUp(Kring ring, uint first, uint head)
    {
        Span<IoVector> parts = stackalloc IoVector[PartsMax];
        SlotBatch slots = new(ring, first, RingWindow.Distance(first, head, ring.NumSlots));
        for (uint i = 0; i < slots.Count;)
        {
            i += DeliverUp(ring, slots, i, SlotFlags.None, parts);
        }

        return head;
    }

    /// <summary>Released slots of a NIC ring that are to go to the host stack, when forwarding is on.</summary>
    private void ForwardUp(Kring ring, uint first, uint head)
    {
        bool all = _tunables.ForwardAll;
        if (IsOwnedBySwitch || _adapter.Host is null || !ring.IsForwarding(all))
        {
            return;
        }

        Span<IoVector> parts = stackalloc IoVector[PartsMax];
        SlotBatch slots = new(ring, first, RingWindow.Distance(first, head, ring.NumSlots));
        for (uint i = 0; i < slots.Count;)
        {
            i += DeliverUp(ring, slots, i, all ? SlotFlags.None : SlotFlags.Forward, parts);
        }
    }

    /// <summary>Delivers the frame that begins in a slot, if that has the flags.</summary>
    /// <returns>The slots of the frame.</returns>
    private uint DeliverUp(Kring ring, SlotBatch slots, uint first, SlotFlags required, Span<IoVector> parts)
    {
        uint count = 0;
        ulong bytes = 0;
        bool isWanted = false;
        bool isWhole = true;
        SlotFlags flags;
        do
        {
            NetmapSlot slot = slots.Peek(first + count);
            flags = slot.Flags;
            isWanted = count == 0 ? (flags & required) == required : isWanted;
            isWhole &= slot.Length <= slots.BufferSize - slot.Pointer && count < PartsMax;
            if (isWanted && isWhole)
            {
                slots.ClearFlags(first + count, flags, SlotFlags.Forward);
                parts[(int)count] = slots.Vector(slot);
            }

            bytes += slot.Length;
            count++;
        }
        while ((flags & SlotFlags.MoreFragments) != 0 && first + count < slots.Count);
        if (!isWanted)
        {
            return count;
        }

        if (!isWhole || (flags & SlotFlags.MoreFragments) != 0 || bytes < HeaderBytes)
        {
            ring.Counters.BadSlot++;
            return count;
        }

        _adapter.Host?.Deliver(parts[..(int)count]);
        if (required == SlotFlags.None && ring.Direction == RingDirection.Tx)
        {
            ring.Counters.Frames++;
            ring.Counters.Bytes += bytes;
        }

        return count;
    }

    /// <summary>Frames of the host stack, into free slots; one that could need more slots than there are waits.</summary>
    private void TakeFromHost(Kring ring)
    {
        IHostStack stack = _adapter.Host!;
        uint n = ring.NumSlots;
        uint tail = ring.Indexes.HwTail;
        uint room = n - 1 - RingWindow.Distance(ring.Indexes.HwCur, tail, n);
        uint host = HostNumber(ring);
        SlotBatch slots = new(ring, tail, room);
        uint longest = stack.LongestFrame;
        uint partsMax = Math.Min(PartsMax, n - 1);
        Span<IoVector> parts = stackalloc IoVector[PartsMax];
        uint taken = 0;
        while (true)
        {
            int count = OfferRoom(slots, taken, longest, partsMax, parts);
            uint left = count != 0 ? (uint)stack.TryTake(host, parts[..count]) : 0;
            if (left == 0)
            {
                break;
            }

            for (int i = 0; left != 0; i++)
            {
                uint length = Math.Min(left, (uint)parts[i].Length);
                left -= length;
                slots.PutLength(taken++, length, left != 0 ? SlotFlags.MoreFragments : SlotFlags.None);
            }
        }

        Volatile.Write(ref ring.Indexes.HwTail, RingWindow.Advance(tail, taken, n));
    }

    /// <summary>The buffers of as many free slots as the longest frame could need.</summary>
    /// <returns>How many; 0 when there are too few.</returns>
    private static int OfferRoom(SlotBatch slots, uint first, uint longest, uint partsMax, Span<IoVector> parts)
    {
        ulong bytes = 0;
        uint count = 0;
        while (bytes < longest && count < partsMax && first + count < slots.Count)
        {
            parts[(int)count] = slots.Room(first + count);
            bytes += parts[(int)count].Length;
            count++;
        }

        return bytes >= longest || count == partsMax ? (int)count : 0;
    }
}

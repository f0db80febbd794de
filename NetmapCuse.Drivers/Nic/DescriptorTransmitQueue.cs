using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// Sends by a ring of as many descriptors as the netmap ring has slots. Which descriptors were sent is read from those that were told
/// to report, in memory: the last of each batch and one in 32. A frame of several slots takes as many descriptors.
/// </summary>
/// <param name="ring">The netmap ring.</param>
/// <param name="iova">Where the ring's region begins for the chip.</param>
/// <param name="block">The descriptors.</param>
/// <param name="link">Whether there is one.</param>
/// <param name="doorbell">Tells the chip.</param>
/// <param name="frameMax">Longer frames are dropped.</param>
internal sealed class DescriptorTransmitQueue<TFormat>(
    AdapterRing ring, ulong iova, DmaBlock block, NicLink link, Doorbell doorbell, uint frameMax)
    : NicTransmitQueue(ring, iova, block, link)
    where TFormat : struct, IDescriptorFormat
{
    private const uint ReportEach = 32;

    /// <summary>Slots of a frame at most.</summary>
    private const int PartsMax = NetmapApi.FragmentsMax;

    private readonly uint[] _buffers = new uint[ring.NumSlots];
    private readonly Report[] _reports = new Report[ring.NumSlots];
    private readonly uint _count = ring.NumSlots;
    private uint _next; // the next descriptor to write
    private uint _clean; // the oldest that is not known to be sent
    private uint _firstReport;
    private uint _lastReport; // behind the last one; the same as the first: there is none

    public override bool HasNews =>
        _firstReport != _lastReport && TFormat.IsSent(ref Block.Items<Descriptor>()[(int)_reports[_firstReport].Index]);

    internal override void Rewind()
    {
        Done = Taken;
        _next = _clean = _firstReport = _lastReport = 0;
        Block.Clear();
    }

    /// <summary>Those of slots that were taken are in the slots, too, as long as they are in flight.</summary>
    public override void MarkShown(BufferSet shown)
    {
        uint end = Volatile.Read(ref _next);
        for (uint i = Volatile.Read(ref _clean); i != end; i = RingWindow.Next(i, _count))
        {
            shown.Add(Volatile.Read(ref _buffers[i]));
        }
    }

    protected override uint Send(SlotBatch slots)
    {
        Span<Descriptor> ring = Block.Items<Descriptor>()[..(int)_count];
        uint room = _count - 1 - RingWindow.Distance(_clean, _next, _count);
        uint next = _next;
        uint taken = 0;
        uint used = 0;
        while (taken < slots.Count && used < room)
        {
            if (slots.IsPart(taken))
            {
                uint parts = SendParts(slots, taken, room - used, ref next);
                if (parts == 0)
                {
                    break;
                }

                used = RingWindow.Distance(_next, next, _count);
                taken += parts;
                continue;
            }

            NetmapSlot slot = slots.Read(taken++);
            if (slot.BufferIndex == 0 || slot.Length == 0 || slot.Length > frameMax)
            {
                Ring.CountBadSlot();
                continue;
            }

            bool reports = (++used % ReportEach) == 0;
            TFormat.WriteTransmit(ref ring[(int)next], new TransmitPart
            {
                Address = BufferPool + ((ulong)slot.BufferIndex * BufferSize) + slot.Pointer,
                Length = slot.Length,
                FrameLength = slot.Length,
                IsFirst = true,
                IsLast = true,
                Reports = reports,
                EndsRing = TFormat.MarksEnd && next == _count - 1,
            });
            _buffers[next] = slot.BufferIndex;
            if (reports)
            {
                Remember(next, Taken + taken);
            }

            next = RingWindow.Next(next, _count);
        }

        Finish(next, taken);
        return taken;
    }

    protected override void Clean()
    {
        Span<Descriptor> ring = Block.Items<Descriptor>();
        while (_firstReport != _lastReport)
        {
            Report report = _reports[_firstReport];
            if (!TFormat.IsSent(ref ring[(int)report.Index]))
            {
                return;
            }

            _firstReport = RingWindow.Next(_firstReport, _count);
            Done = report.Taken;
            Volatile.Write(ref _clean, RingWindow.Next(report.Index, _count));
        }
    }

    /// <summary>The last descriptor of the batch reports, for it and for slots behind it that were no frames.</summary>
    private void Finish(uint next, uint taken)
    {
        Taken += taken;
        if (next != _next)
        {
            uint last = RingWindow.Previous(next, _count);
            uint lastReported = RingWindow.Previous(_lastReport, _count);
            if (_firstReport != _lastReport && _reports[lastReported].Index == last)
            {
                _reports[lastReported].Taken = Taken;
            }
            else
            {
                TFormat.AskReport(ref Block.Items<Descriptor>()[(int)last]);
                Remember(last, Taken);
            }

            Volatile.Write(ref _next, next);
            doorbell.Ring(next);
        }
        else if (_firstReport == _lastReport)
        {
            Done = Taken;
        }
        else if (taken != 0)
        {
            _reports[RingWindow.Previous(_lastReport, _count)].Taken = Taken;
        }
    }

    private void Remember(uint index, uint taken)
    {
        _reports[_lastReport] = new Report { Index = index, Taken = taken };
        _lastReport = RingWindow.Next(_lastReport, _count);
    }

    /// <summary>Sends a frame of several slots, or drops one that cannot be sent at all.</summary>
    /// <returns>Its slots; 0 when its end or room for it is not there yet.</returns>
    private uint SendParts(SlotBatch slots, uint first, uint room, ref uint next)
    {
        uint count = 1;
        while (slots.IsPart(first + count - 1))
        {
            if (first + ++count > slots.Count)
            {
                // Its end is not there. What would not fit in a frame anyway is dropped, so that nobody waits for ever.
                count--;
                return count <= PartsMax ? 0 : Drop(slots, first, count);
            }
        }

        if (count > PartsMax)
        {
            return Drop(slots, first, count);
        }

        if (count > room)
        {
            return 0;
        }

        Span<NetmapSlot> parts = stackalloc NetmapSlot[PartsMax];
        uint length = 0;
        int used = 0;
        bool isGood = true;
        for (uint i = 0; i < count; i++)
        {
            NetmapSlot slot = slots.Read(first + i);
            isGood &= slot.BufferIndex != 0;
            length += slot.Length;
            if (slot.Length != 0)
            {
                parts[used++] = slot;
            }
        }

        if (!isGood || used == 0 || length > frameMax)
        {
            Ring.CountBadSlot();
            return count;
        }

        Write(parts[..used], length, next);
        next = RingWindow.Advance(next, (uint)used, _count);
        return count;
    }

    private void Write(ReadOnlySpan<NetmapSlot> parts, uint length, uint first)
    {
        Span<Descriptor> ring = Block.Items<Descriptor>();
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            uint at = RingWindow.Advance(first, (uint)i, _count);
            _buffers[at] = parts[i].BufferIndex;
            TFormat.WriteTransmit(ref ring[(int)at], new TransmitPart
            {
                Address = BufferPool + ((ulong)parts[i].BufferIndex * BufferSize) + parts[i].Pointer,
                Length = parts[i].Length,
                FrameLength = length,
                IsFirst = i == 0,
                IsLast = i == parts.Length - 1,
                Reports = false,
                EndsRing = TFormat.MarksEnd && at == _count - 1,
            });
        }
    }

    private uint Drop(SlotBatch slots, uint first, uint count)
    {
        for (uint i = 0; i < count; i++)
        {
            _ = slots.Read(first + i);
        }

        Ring.CountBadSlot();
        return count;
    }

    /// <summary>A descriptor that the chip tells of, and how many slots were taken up to it.</summary>
    private struct Report
    {
        internal uint Index;
        internal uint Taken;
    }
}

using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Vale;

namespace NetmapCuse.Core.Monitors;

/// <summary>
/// Brings slots of a watched ring to the receive ring of a monitor, slot by slot. Several threads may bring to the same
/// ring. A ring without room for all takes the latest; the watched port never waits and never loses anything.
/// </summary>
internal static unsafe class MonitorTransfer
{
    /// <summary>Copies the data of [first, first + count), cut to what a buffer of the monitor holds.</summary>
    internal static void Copy(Kring source, uint first, uint count, Kring monitor) =>
        Copy(source, first, count, monitor, MarkOf(source));

    /// <param name="source">The ring.</param>
    /// <param name="first">Its first slot.</param>
    /// <param name="count">How many.</param>
    /// <param name="monitor">The ring of the monitor.</param>
    /// <param name="mark">What the slots get: NS_TXMON for what is watched as sent.</param>
    internal static void Copy(Kring source, uint first, uint count, Kring monitor, SlotFlags mark)
    {
        if (!TryClaimForLatest(source, first, count, monitor, out Claim claim))
        {
            return;
        }

        uint sizeMax = Math.Min(source.BufferSize, monitor.BufferSize);
        uint from = RingWindow.Advance(first, count - claim.Count, source.NumSlots);
        uint to = claim.Start;
        SlotSum sum = default;
        bool copiesExactly = source.CopiesExactly || monitor.CopiesExactly;
        for (uint left = claim.Count; left != 0; left--)
        {
            NetmapSlot slot = source.Slots[from];
            slot.Length = (ushort)Math.Min(slot.Length, sizeMax);
            NetmapSlot* target = monitor.Slots + to;
            byte* data = monitor.BufferOf(Volatile.Read(ref target->BufferIndex));
            if (copiesExactly)
            {
                // A buffer has room for less than its size then, and nothing lies where a cache line starts.
                uint start = monitor.OffsetOf(Volatile.Read(ref target->Pointer));
                data += start;
                slot.Length = (ushort)Math.Min(slot.Length, monitor.BufferSize - start);
            }

            if (copiesExactly)
            {
                uint start = source.OffsetOf(slot.Pointer);
                slot.Length = (ushort)Math.Min(slot.Length, source.BufferSize - start);
                Buffer.MemoryCopy(source.BufferOf(slot.BufferIndex) + start, data, slot.Length, slot.Length);
            }
            else
            {
                FrameCopy.Copy(data, source.BufferOf(slot.BufferIndex), slot.Length);
            }

            target->Length = slot.Length;
            target->Flags = slot.Flags | mark;
            sum.Add(slot);
            from = RingWindow.Next(from, source.NumSlots);
            to = RingWindow.Next(to, monitor.NumSlots);
        }

        HandOver(monitor, claim, sum);
    }

    /// <summary>
    /// Swaps the buffers of [first, first + count) with those of the monitor, which is in the same region. A slot whose
    /// index, here or there, is no buffer is shown empty: nobody gets an impossible index from somebody else.
    /// </summary>
    internal static void Swap(Kring source, uint first, uint count, Kring monitor)
    {
        if (!TryClaimForLatest(source, first, count, monitor, out Claim claim))
        {
            return;
        }

        SlotFlags mark = MarkOf(source);
        NetmapSlot* mirror = source.Mirror is { } other ? other.Slots : null;
        uint from = RingWindow.Advance(first, count - claim.Count, source.NumSlots);
        uint to = claim.Start;
        SlotSum sum = default;
        for (uint left = claim.Count; left != 0; left--)
        {
            NetmapSlot slot = source.Slots[from];
            NetmapSlot* target = monitor.Slots + to;
            uint exchange = Volatile.Read(ref target->BufferIndex);
            bool good = source.IsBuffer(slot.BufferIndex) && source.IsBuffer(exchange);
            if (good)
            {
                target->BufferIndex = slot.BufferIndex;
                source.Slots[from].BufferIndex = exchange;
                source.Slots[from].Flags = slot.Flags | SlotFlags.BufferChanged;
                if (mirror != null)
                {
                    mirror[from].BufferIndex = exchange;
                }
            }

            target->Length = good ? (ushort)Math.Min(slot.Length, source.BufferSize) : (ushort)0;
            target->Flags = slot.Flags | mark;
            slot.Length = target->Length;
            sum.Add(slot);
            from = RingWindow.Next(from, source.NumSlots);
            to = RingWindow.Next(to, monitor.NumSlots);
        }

        HandOver(monitor, claim, sum);
    }

    internal static SlotFlags MarkOf(Kring source) =>
        source.Direction == RingDirection.Tx ? SlotFlags.TxMonitored : SlotFlags.None;

    /// <summary>Claims as many of the wanted slots as there are, for the latest.</summary>
    private static bool TryClaimForLatest(Kring source, uint first, uint wanted, Kring monitor, out Claim claim)
    {
        claim = default;
        uint fitting = wanted;
        while (fitting != 0 && !monitor.TryClaim(fitting, out uint free, out claim))
        {
            fitting = Math.Min(free, fitting - 1);
        }

        if (fitting != wanted)
        {
            uint frames = 0;
            for (uint i = 0; i < wanted - fitting; i++)
            {
                SlotFlags flags = source.Slots[RingWindow.Advance(first, i, source.NumSlots)].Flags;
                frames += (flags & SlotFlags.MoreFragments) == 0 ? 1u : 0u;
            }

            monitor.CountNoRoom(frames);
        }

        return fitting != 0;
    }

    internal static void HandOver(Kring monitor, in Claim claim, in SlotSum sum)
    {
        if (monitor.Complete(claim, sum.Frames, sum.Bytes))
        {
            monitor.Wake();
        }
    }
}

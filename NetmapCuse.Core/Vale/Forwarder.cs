using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Forwards what one TX ring of a VALE port has to send. A batch is first classified: each packet goes on the list of its
/// destination port, or on the flood list. Then each destination gets its list at once: one claim of slots, one copy loop
/// without decisions, one hand-over, one wake-up. One forwarder a TX ring; whoever holds the ring uses it.
/// </summary>
internal sealed unsafe partial class Forwarder : IDisposable
{
    /// <summary>End of a list of fragments.</summary>
    private const int None = -1;

    /// <summary>An Ethernet header: less is not a frame.</summary>
    private const uint HeaderBytes = 14;

    /// <summary>How many slots ahead the classifier asks for a frame's first bytes.</summary>
    private const uint PrefetchDistance = 8;

    private readonly Fragment[] _fragments = new Fragment[Limits.BatchMax + NetmapApi.FragmentsMax];
    private readonly List[] _lists = new List[ValeSwitch.Flood + 1];
    private readonly byte[] _touched = new byte[Limits.SwitchPortsMax];
    private readonly IndirectBuffers _indirect = new();
    private int _touchedCount;
    private int _fragmentCount;

    /// <summary>Sends the slots between hwcur and <paramref name="head"/>.</summary>
    internal void Forward(ValePort port, Kring source, uint head, int callerThread, int batch)
    {
        uint first = source.Indexes.HwCur;
        if (port.Switch is not { } valeSwitch || batch <= 0)
        {
            source.Counters.NoDestination += RingWindow.Distance(first, head, source.NumSlots);
            return;
        }

        batch = Math.Min(batch, Limits.BatchMax);
        while (first != head)
        {
            first = Classify(port, valeSwitch, source, first, head, callerThread, batch);
            Deliver(port, valeSwitch, source);
        }
    }

    public void Dispose() => _indirect.Dispose();

    /// <summary>Puts up to a batch of slots on lists; returns the first slot that is left.</summary>
    private uint Classify(
        ValePort port, ValeSwitch valeSwitch, Kring source, uint slot, uint head, int callerThread, int batch)
    {
        _fragmentCount = 0;
        ulong lastSource = ulong.MaxValue;
        ulong lastDestination = ulong.MaxValue;
        int lastPort = ValeSwitch.NoPort;
        uint frames = 0;
        ulong bytes = 0;
        while (slot != head && _fragmentCount < batch)
        {
            int packet = _fragmentCount;
            Prefetch(source, slot);
            slot = Gather(source, slot, head, callerThread, out SlotFlags flags, out uint length);
            if (_fragmentCount == packet)
            {
                source.Counters.BadSlot++;
                continue;
            }

            // Both addresses with two loads that stay inside the first 14 bytes; bits of address 0 to 47.
            byte* data = _fragments[packet].Data;
            ulong destination = *(ulong*)data & 0xffff_ffff_ffff;
            ulong origin = *(ulong*)(data + 6) & 0xffff_ffff_ffff;
            if (origin != lastSource && (flags & SlotFlags.NoLearn) == 0)
            {
                lastSource = origin;
                if ((origin & 1) == 0)
                {
                    valeSwitch.Addresses.Learn(origin, port.Index);
                }
            }

            if (destination != lastDestination)
            {
                lastDestination = destination;
                lastPort = Route(valeSwitch, destination);
            }

            if (lastPort == port.Index)
            {
                source.Counters.NoDestination++;
                continue;
            }

            frames++;
            bytes += length;
            Append(lastPort, packet, _fragmentCount - packet);
        }

        source.Counters.Frames += frames;
        source.Counters.Bytes += bytes;
        return slot;
    }

    private static int Route(ValeSwitch valeSwitch, ulong destination)
    {
        int port = (destination & 1) != 0 ? ValeSwitch.Flood : valeSwitch.Addresses.Find(destination);
        return port != ValeSwitch.Flood && valeSwitch[port] is null ? ValeSwitch.Flood : port;
    }

    /// <summary>
    /// Takes the slots of one packet. A packet with a bad slot, or of more than 64, leaves no fragment behind.
    /// </summary>
    /// <returns>The slot behind the packet.</returns>
    private uint Gather(
        Kring source, uint slot, uint head, int callerThread, out SlotFlags firstFlags, out uint length)
    {
        int first = _fragmentCount;
        int count = 0;
        bool good = true;
        bool more;
        firstFlags = SlotFlags.None;
        length = 0;
        do
        {
            NetmapSlot copy = source.Slots[slot];
            if ((copy.Flags & SlotFlags.BufferChanged) != 0)
            {
                source.Slots[slot].Flags = copy.Flags & ~SlotFlags.BufferChanged;
            }

            slot = RingWindow.Next(slot, source.NumSlots);
            more = (copy.Flags & SlotFlags.MoreFragments) != 0 && slot != head;
            good &= count < NetmapApi.FragmentsMax;
            if (good)
            {
                good = TryTake(source, copy, first + count, isFirst: count == 0, callerThread);
                firstFlags = count == 0 ? copy.Flags : firstFlags;
                length += copy.Length;
            }

            count++;
        }
        while (more);

        _fragmentCount = good ? first + count : first;
        return slot;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake(Kring source, NetmapSlot slot, int place, bool isFirst, int callerThread)
    {
        ref Fragment fragment = ref _fragments[place];
        fragment.Length = slot.Length;
        if (slot.Length > source.BufferSize || (isFirst && slot.Length < HeaderBytes))
        {
            return false;
        }

        if ((slot.Flags & SlotFlags.Indirect) == 0)
        {
            fragment.Data = source.BufferOf(slot.BufferIndex);
            return true;
        }

        return _indirect.TryRead(source, slot, place, isFirst, callerThread, ref fragment.Data, ref fragment.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(Kring source, uint slot)
    {
        uint ahead = slot + PrefetchDistance;
        ahead -= ahead >= source.NumSlots ? source.NumSlots : 0;
        if (Sse.IsSupported && ahead < source.NumSlots)
        {
            Sse.Prefetch0(source.BufferOf(source.Slots[ahead].BufferIndex));
        }
    }

    private void Append(int destination, int packet, int fragments)
    {
        ref List list = ref _lists[destination];
        _fragments[packet].Count = (byte)fragments;
        _fragments[packet].Next = None;
        if (list.Packets == 0)
        {
            list.First = packet;
            list.Slots = 0;
            if (destination != ValeSwitch.Flood)
            {
                _touched[_touchedCount++] = (byte)destination;
            }
        }
        else
        {
            _fragments[list.Last].Next = packet;
        }

        list.Last = packet;
        list.Packets++;
        list.Slots += (uint)fragments;
    }

    /// <summary>One slot of a packet. Next and Count are valid in the first fragment only.</summary>
    private struct Fragment
    {
        internal byte* Data;
        internal int Next;
        internal ushort Length;
        internal byte Count;
    }

    /// <summary>The packets of one destination, in the order in which they were sent.</summary>
    private struct List
    {
        internal int First;
        internal int Last;
        internal uint Packets;
        internal uint Slots;
    }
}

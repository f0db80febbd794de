using System.Runtime.InteropServices;
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
    /// <summary>An Ethernet header: less is not a frame.</summary>
    private const uint HeaderBytes = 14;

    /// <summary>How many slots ahead the classifier asks for a frame's first bytes.</summary>
    private const uint PrefetchDistance = 8;

    /// <summary>Both halves of an address pair: 48 bits each.</summary>
    private const ulong AddressMask = 0xffff_ffff_ffff;

    private const int FragmentsMax = Limits.BatchMax + NetmapApi.FragmentsMax;

    private readonly Fragment* _fragments = (Fragment*)NativeMemory.AlignedAlloc((nuint)(FragmentsMax * sizeof(Fragment)), 64);
    private readonly PacketList[] _lists = new PacketList[ValeSwitch.Flood + 1];
    private readonly byte[] _touched = new byte[Limits.SwitchPortsMax];
    private int _touchedCount;
    private int _count;

    /// <summary>Sends the slots between hwcur and <paramref name="head"/>.</summary>
    internal void Forward(ValePort port, Kring source, uint head, int batch)
    {
        uint first = source.Indexes.HwCur;
        if (port.Switch is not { } valeSwitch || batch <= 0)
        {
            source.Counters.NoDestination += RingWindow.Distance(first, head, source.NumSlots);
            return;
        }

        // Half a ring at a time: while one half is copied into a receiver's ring, the receiver empties the other.
        LookAtSender(port, source);
        batch = Math.Min(batch, Math.Min(Limits.BatchMax, (int)(source.NumSlots + 1) / 2));
        while (first != head)
        {
            first = Classify(port, valeSwitch, source, first, head, batch);
            Deliver(port, valeSwitch, source);
        }

        source.Counters.BadSlot += _badPackets;
        _badPackets = 0;
    }

    public void Dispose() => NativeMemory.AlignedFree(_fragments);

    /// <summary>Puts up to a batch of slots on lists; returns the first slot that is left.</summary>
    private uint Classify(
        ValePort port, ValeSwitch valeSwitch, Kring source, uint slot, uint head, int batch)
    {
        Route route = new(valeSwitch, port.Index);
        uint frames = 0;
        ulong bytes = 0;
        _count = 0;
        _hasIndirect = false;
        while (slot != head && _count < batch)
        {
            int packet = _count;
            Prefetch(source, slot);
            slot = Gather(source, slot, head, out SlotFlags flags, out uint length, out byte* frame);
            if (_count == packet)
            {
                source.Counters.BadSlot++;
                continue;
            }

            int destination = route.Of(frame, flags);
            if (destination == port.Index)
            {
                source.Counters.NoDestination++;
                _count = packet;
                continue;
            }

            frames++;
            bytes += length;
            Append(destination, packet, _count - packet);
            if (_unusual == SlotFlags.None && route.IsLearnt)
            {
                packet = _count;
                slot = TakeSame(source, route.FirstBytes, route.NextBytes, destination, slot, head, batch, ref bytes);
                frames += (uint)(_count - packet);
            }
        }

        if (source.Direction == RingDirection.Tx)
        {
            // An RX ring is an attached interface's: it counts what has come by the wire.
            source.Counters.Frames += frames;
            source.Counters.Bytes += bytes;
        }

        return slot;
    }

    /// <summary>
    /// Takes packets of one slot as long as they have the Ethernet header of the one before, as neighbours mostly do: they
    /// go where that went. Ends in front of the first slot that is anything else.
    /// </summary>
    /// <param name="source">The ring that sends.</param>
    /// <param name="firstBytes">Bytes 0 to 7 of the header.</param>
    /// <param name="nextBytes">Bytes 6 to 13 of it.</param>
    /// <param name="destination">The list to go on; the packet before is its last.</param>
    /// <param name="slot">The first slot that is not taken.</param>
    /// <param name="head">Where the sender's slots end.</param>
    /// <param name="batch">Where <see cref="_count"/> ends.</param>
    /// <param name="bytes">Goes up by what was taken.</param>
    private uint TakeSame(
        Kring source, ulong firstBytes, ulong nextBytes, int destination, uint slot, uint head, int batch, ref ulong bytes)
    {
        const SlotFlags Special = SlotFlags.MoreFragments | SlotFlags.Indirect | SlotFlags.BufferChanged;
        ref PacketList list = ref _lists[destination];
        uint least = HeaderBytes;
        uint range = source.BufferSize - HeaderBytes;
        int last = list.Last;
        int count = _count;
        for (; slot != head && count < batch; count++)
        {
            Prefetch(source, slot);
            ulong word = Volatile.Read(ref *(ulong*)(source.Slots + slot));
            byte* frame = source.BufferOf((uint)word);
            uint length = (ushort)(word >> 32);
            if (((SlotFlags)(word >> 48) & Special) != 0 || length - least > range
                || *(ulong*)frame != firstBytes || *(ulong*)(frame + 6) != nextBytes)
            {
                break;
            }

            Fragment* fragment = _fragments + count;
            fragment->Data = frame;
            fragment->SetSingle(slot, length);
            _fragments[last].Next = (short)count;
            last = count;
            bytes += length;
            slot = RingWindow.Next(slot, source.NumSlots);
        }

        uint taken = (uint)(count - _count);
        list.Last = last;
        list.Packets += taken;
        list.Slots += taken;
        _count = count;
        return slot;
    }

    /// <summary>
    /// Takes the slots of one packet. A packet with a bad slot, or of more than 64, leaves no fragment behind.
    /// </summary>
    /// <returns>The slot behind the packet.</returns>
    private uint Gather(
        Kring source, uint slot, uint head, out SlotFlags flags, out uint length, out byte* frame)
    {
        // Index, length and flags in one load: they are the client's, and may change while we look.
        ulong word = Volatile.Read(ref *(ulong*)(source.Slots + slot));
        flags = (SlotFlags)(word >> 48);
        length = (ushort)(word >> 32);
        if ((flags & SlotFlags.BufferChanged) != 0)
        {
            source.Slots[slot].Flags = flags & ~SlotFlags.BufferChanged;
        }

        if (((flags & (SlotFlags.MoreFragments | SlotFlags.Indirect)) | _unusual) != 0)
        {
            return GatherChain(source, slot, head, out flags, out length, out frame);
        }

        frame = source.BufferOf((uint)word);
        if (length - HeaderBytes <= source.BufferSize - HeaderBytes)
        {
            ref Fragment fragment = ref _fragments[_count++];
            fragment.Data = frame;
            fragment.Slot = (ushort)slot;
            fragment.Length = (ushort)length;
        }

        return RingWindow.Next(slot, source.NumSlots);
    }

    /// <summary>The same for packets of several slots and for indirect ones.</summary>
    private uint GatherChain(
        Kring source, uint slot, uint head, out SlotFlags firstFlags, out uint length, out byte* frame)
    {
        int first = _count;
        int count = 0;
        bool good = true;
        bool more;
        firstFlags = SlotFlags.None;
        length = 0;
        do
        {
            NetmapSlot copy = source.Slots[slot];
            uint place = slot;
            if ((copy.Flags & SlotFlags.BufferChanged) != 0)
            {
                source.Slots[slot].Flags = copy.Flags & ~SlotFlags.BufferChanged;
            }

            slot = RingWindow.Next(slot, source.NumSlots);
            more = (copy.Flags & SlotFlags.MoreFragments) != 0 && slot != head;
            good &= count < NetmapApi.FragmentsMax;
            if (good)
            {
                _fragments[first + count].Slot = (ushort)place;
                good = TryTake(source, copy, first + count, isFirst: count == 0);
                firstFlags = count == 0 ? copy.Flags : firstFlags;
                length += copy.Length;
            }

            count++;
        }
        while (more);

        frame = null;
        _count = good && TryFindFrame(first, count, out frame) ? first + count : first;
        return slot;
    }

    private bool TryTake(Kring source, NetmapSlot slot, int place, bool isFirst)
    {
        ref Fragment fragment = ref _fragments[place];
        fragment.Length = slot.Length;
        bool isIndirect = (slot.Flags & SlotFlags.Indirect) != 0;
        uint offset = _hasOffsets && !isIndirect ? source.OffsetOf(slot.Pointer) : 0;
        int least = !isFirst ? 0 : _headerBytes != 0 ? (int)_headerBytes : (int)HeaderBytes;
        if (slot.Length > source.BufferSize - offset || slot.Length < least)
        {
            return false;
        }

        if (!isIndirect)
        {
            fragment.Data = source.BufferOf(slot.BufferIndex) + offset;
            return true;
        }

        _hasIndirect = true;
        return TryTakeIndirect(source, slot, least, ref fragment);
    }

    /// <summary>
    /// The data is on the ring's stage. A first fragment whose header could not be read is bad; data that could not be
    /// read after that makes the fragment empty (reference/netmap-behaviour.md section 9.6).
    /// </summary>
    private static bool TryTakeIndirect(Kring source, NetmapSlot slot, int least, ref Fragment fragment)
    {
        if (source.Stage?.TryFind(fragment.Slot, slot.Pointer, slot.Length, out fragment.Data, out int bytes) != true
            || slot.Pointer == 0 || (least != 0 && bytes < least))
        {
            return false;
        }

        fragment.Length = bytes == slot.Length ? slot.Length : (ushort)0;
        return true;
    }

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
        ref PacketList list = ref _lists[destination];
        _fragments[packet].Count = (byte)fragments;
        _fragments[packet].Next = Fragment.None;
        if (list.Packets != 0)
        {
            _fragments[list.Last].Next = (short)packet;
        }
        else
        {
            list.First = packet;
            if (destination != ValeSwitch.Flood)
            {
                _touched[_touchedCount++] = (byte)destination;
            }
        }

        list.Last = packet;
        list.Packets++;
        list.Slots += (uint)fragments;
    }

    /// <summary>
    /// Where packets of one batch go, and what is learnt from them. Neighbours mostly have the same addresses: then two
    /// comparisons decide.
    /// </summary>
    private ref struct Route(ValeSwitch valeSwitch, int senderIndex)
    {
        private ulong _firstBytes = ulong.MaxValue;
        private ulong _nextBytes = ulong.MaxValue;
        private ulong _learnt = ulong.MaxValue;
        private int _destination = ValeSwitch.NoPort;

        /// <summary>Bytes 0 to 7 of the last packet's header.</summary>
        internal readonly ulong FirstBytes => _firstBytes;

        /// <summary>Bytes 6 to 13 of it.</summary>
        internal readonly ulong NextBytes => _nextBytes;

        /// <summary>The last packet's sender is known: another one with its header needs no look.</summary>
        internal readonly bool IsLearnt => (_nextBytes & AddressMask) == _learnt;

        /// <summary>The destination port of a packet: an index, or <see cref="ValeSwitch.Flood"/>.</summary>
        /// <param name="data">At least the 14 bytes of an Ethernet header.</param>
        /// <param name="flags">NS_NO_LEARN is honoured, as the manual has it.</param>
        internal int Of(byte* data, SlotFlags flags)
        {
            // Two loads that stay inside the header: destination and two bytes of the source; the source and the type.
            ulong first = *(ulong*)data;
            ulong next = *(ulong*)(data + 6);
            bool sameLearning = (flags & SlotFlags.NoLearn) != 0 || (next & AddressMask) == _learnt;
            if (first != _firstBytes || next != _nextBytes || !sameLearning)
            {
                _firstBytes = first;
                _nextBytes = next;
                Learn(next & AddressMask, flags);
                _destination = Find(first & AddressMask);
            }

            return _destination;
        }

        private void Learn(ulong source, SlotFlags flags)
        {
            if ((flags & SlotFlags.NoLearn) == 0 && source != _learnt)
            {
                _learnt = source;
                if ((source & 1) == 0)
                {
                    valeSwitch.Addresses.Learn(source, senderIndex);
                }
            }
        }

        private readonly int Find(ulong destination)
        {
            int port = (destination & 1) != 0 ? ValeSwitch.Flood : valeSwitch.Addresses.Find(destination);
            return port != ValeSwitch.Flood && valeSwitch[port] is null ? ValeSwitch.Flood : port;
        }
    }
}

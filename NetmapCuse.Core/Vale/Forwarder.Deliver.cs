using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Vale.Guests;

namespace NetmapCuse.Core.Vale;

/// <summary>The second half: lists to destination rings.</summary>
internal sealed unsafe partial class Forwarder
{
    /// <summary>Frames whose data is copied before their slots are written.</summary>
    private const uint Group = 16;

    private void Deliver(ValePort sender, ValeSwitch valeSwitch, Kring? source)
    {
        PacketList flood = _lists[ValeSwitch.Flood];
        if (flood.Packets != 0)
        {
            _lists[ValeSwitch.Flood] = default;
            bool isWanted = false;
            foreach (ValePort port in valeSwitch.Active)
            {
                isWanted |= port != sender && DeliverFlood(port, source, flood);
            }

            if (!isWanted)
            {
                Uncount(source, flood);
            }
        }

        for (int i = 0; i < _touchedCount; i++)
        {
            PacketList list = _lists[_touched[i]];
            if (list.Packets != 0 && valeSwitch[_touched[i]] is { } port)
            {
                if (!DeliverTo(port, source, RingOf(port, _sourceRing), list, default, mayExchange: true))
                {
                    Uncount(source, list);
                }
            }

            _lists[_touched[i]] = default;
        }

        _touchedCount = 0;
    }

    /// <summary>
    /// Flooded packets go to ring 0. Where unicast packets of this batch go to ring 0 as well, both lists are delivered
    /// together, in the order in which they were sent.
    /// </summary>
    /// <returns>False when nobody receives there.</returns>
    private bool DeliverFlood(ValePort port, Kring? source, in PacketList flood)
    {
        int index = port.Index;
        Kring? ring = RingOf(port, 0);
        if (index >= Limits.SwitchPortsMax || RingOf(port, _sourceRing) != ring)
        {
            return DeliverTo(port, source, ring, flood, default);
        }

        PacketList unicast = _lists[index];
        _lists[index] = default;
        bool isOpen = DeliverTo(port, source, ring, flood, unicast);
        if (!isOpen)
        {
            Uncount(source, unicast);
        }

        return isOpen;
    }

    /// <summary>Packets that nobody receives were not sent. A guest's are not counted by a ring.</summary>
    private void Uncount(Kring? source, in PacketList list)
    {
        if (source is null)
        {
            return;
        }

        source.Counters.NoDestination += list.Packets;
        if (source.Direction == RingDirection.Tx)
        {
            source.Counters.Frames -= list.Packets;
            int packet = list.First;
            for (uint left = list.Packets; left != 0; left--)
            {
                Fragment* fragment = _fragments + packet;
                for (uint i = 0; i < fragment->Count; i++)
                {
                    source.Counters.Bytes -= fragment[i].Length;
                }

                packet = fragment->Next;
            }
        }
    }

    /// <summary>The receive ring that packets of a TX ring go to; null when nobody receives on the port.</summary>
    private static Kring? RingOf(ValePort port, uint sourceRing)
    {
        Kring[] rings = port.Rx;
        return rings.Length == 0 ? null : rings[sourceRing % (uint)rings.Length];
    }

    /// <param name="port">The destination.</param>
    /// <param name="source">The ring that sends, where it is one.</param>
    /// <param name="ring">The ring that receives, or null: nobody does, or a guest, whose rings are others.</param>
    /// <param name="a">Packets for it.</param>
    /// <param name="b">More of them, to be merged in.</param>
    /// <param name="mayExchange">Nobody else gets the packets of <paramref name="a"/>, and there are no others.</param>
    /// <returns>False when nobody receives on the port.</returns>
    private bool DeliverTo(
        ValePort port, Kring? source, Kring? ring, in PacketList a, in PacketList b, bool mayExchange = false)
    {
        if (ring is null && port is GuestPort guest)
        {
            _badPackets += guest.Deliver(_fragments, a, b, _headerBytes, _sourceRing);
            return true;
        }

        if (ring is null || !ring.IsGateOpen)
        {
            return false;
        }

        uint header = port.HeaderBytes;
        if (header != _headerBytes)
        {
            DeliverConverted(port, header, ring, a, b);
            return true;
        }

        uint packets = a.Packets + b.Packets;
        uint slots = a.Slots + b.Slots;
        Claim claim;
        uint fitting = packets;

        // Read once: it goes when the port is detached, which a sender may meet here.
        IConsumer? consumer = ring.Consumer;
        int retries = consumer?.Retries ?? 0;
        while (!ring.TryClaim(slots, out uint free, out claim))
        {
            if (retries-- > 0)
            {
                consumer!.MakeRoom(ring);
                continue;
            }

            // Free slots may be gone before the next try; every round wants less than the one before.
            fitting = Fit(a, b, Math.Min(free, slots - 1), out slots);
            if (fitting == 0)
            {
                ring.CountNoRoom(packets);
                return true;
            }
        }

        if (fitting != packets)
        {
            ring.CountNoRoom(packets - fitting);
        }

        ulong bytes = mayExchange && source is not null && MayExchange(source, ring)
            ? a.Packets == a.Slots
                ? ExchangeSingles(source, ring, claim, a, fitting)
                : ExchangeList(source, ring, claim, a, fitting)
            : _copiesExactly || ring.CopiesExactly ? CopyExactly(ring, claim, a, b, fitting)
            : b.Packets == 0 && a.Packets == a.Slots ? CopySingles(ring, claim, a, fitting)
            : b.Packets == 0 ? CopyList(ring, claim, a, fitting)
            : CopyMerged(ring, claim, a, b, fitting);
        if (ring.Complete(claim, fitting, bytes))
        {
            ring.Wake();
        }

        return true;
    }

    /// <summary>How many packets from the front fit in <paramref name="room"/> slots, and how many slots they need.</summary>
    private uint Fit(in PacketList a, in PacketList b, uint room, out uint slots)
    {
        if (a.Packets + b.Packets == a.Slots + b.Slots)
        {
            return slots = room;
        }

        slots = 0;
        uint packets = 0;
        PacketMerge merge = new(_fragments, a, b);
        while (merge.TryNext(out int packet) && slots + _fragments[packet].Count <= room)
        {
            slots += _fragments[packet].Count;
            packets++;
        }

        return packets;
    }

    /// <summary>
    /// The usual case: one list of packets of one slot. The data of some frames and then their slots: stores to cache
    /// lines that the receiver's CPU has overlap, as long as nothing between them waits for one.
    /// </summary>
    private ulong CopySingles(Kring ring, in Claim claim, in PacketList list, uint packets)
    {
        ulong bytes = 0;
        uint slot = claim.Start;
        int packet = list.First;
        uint* lengths = stackalloc uint[(int)Group];
        while (packets != 0)
        {
            uint count = Math.Min(Math.Min(packets, Group), ring.NumSlots - slot);
            NetmapSlot* slots = ring.Slots + slot;
            for (uint i = 0; i < count; i++)
            {
                Fragment* fragment = _fragments + packet;
                uint length = fragment->Length <= ring.BufferSize ? fragment->Length : 0u;
                FrameCopy.Copy(ring.BufferOf(slots[i].BufferIndex), fragment->Data, length);
                lengths[i] = length;
                bytes += length;
                packet = fragment->Next;
            }

            for (uint i = 0; i < count; i++)
            {
                *(uint*)&slots[i].Length = lengths[i] | (1u << 24);
            }

            packets -= count;
            slot += count;
            slot -= slot == ring.NumSlots ? slot : 0;
        }

        return bytes;
    }

    private ulong CopyList(Kring ring, in Claim claim, in PacketList list, uint packets)
    {
        ulong bytes = 0;
        uint slot = claim.Start;
        int packet = list.First;
        for (; packets != 0; packets--)
        {
            bytes += CopyPacket(ring, ref slot, _fragments + packet);
            packet = _fragments[packet].Next;
        }

        return bytes;
    }

    private ulong CopyMerged(Kring ring, in Claim claim, in PacketList a, in PacketList b, uint packets)
    {
        ulong bytes = 0;
        uint slot = claim.Start;
        PacketMerge merge = new(_fragments, a, b);
        for (; packets != 0 && merge.TryNext(out int packet); packets--)
        {
            bytes += CopyPacket(ring, ref slot, _fragments + packet);
        }

        return bytes;
    }

    /// <summary>Copies a packet into as many slots as it has, and moves <paramref name="slot"/> behind it.</summary>
    private static uint CopyPacket(Kring ring, ref uint slot, Fragment* fragment)
    {
        uint flags = (uint)fragment->Count << 8;
        uint bytes = 0;
        for (uint left = fragment->Count; left > 1; left--)
        {
            bytes += Place(ring, slot, fragment++, flags | (uint)SlotFlags.MoreFragments);
            slot = RingWindow.Next(slot, ring.NumSlots);
        }

        bytes += Place(ring, slot, fragment, flags);
        slot = RingWindow.Next(slot, ring.NumSlots);
        return bytes;
    }

    /// <summary>Copies one fragment into one slot, whose index and pointer stay. Returns its length.</summary>
    private static uint Place(Kring ring, uint slot, Fragment* fragment, uint flags)
    {
        NetmapSlot* destination = ring.Slots + slot;
        uint length = fragment->Length <= ring.BufferSize ? fragment->Length : 0u;
        FrameCopy.Copy(ring.BufferOf(destination->BufferIndex), fragment->Data, length);
        *(uint*)&destination->Length = length | (flags << 16);
        return length;
    }
}

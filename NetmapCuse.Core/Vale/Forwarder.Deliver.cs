using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>The second half: lists to destination rings.</summary>
internal sealed unsafe partial class Forwarder
{
    private void Deliver(ValePort sender, ValeSwitch valeSwitch, Kring source)
    {
        List flood = _lists[ValeSwitch.Flood];
        if (flood.Packets != 0)
        {
            _lists[ValeSwitch.Flood] = default;
            foreach (ValePort port in valeSwitch.Active)
            {
                if (port != sender)
                {
                    DeliverFlood(port, source, flood);
                }
            }
        }

        for (int i = 0; i < _touchedCount; i++)
        {
            List list = _lists[_touched[i]];
            if (list.Packets != 0 && valeSwitch[_touched[i]] is { } port)
            {
                DeliverTo(RingOf(port, source.Index), list, default);
            }

            _lists[_touched[i]] = default;
        }

        _touchedCount = 0;
    }

    /// <summary>
    /// Flooded packets go to ring 0. Where unicast packets of this batch go to ring 0 as well, both lists are delivered
    /// together, in the order in which they were sent.
    /// </summary>
    private void DeliverFlood(ValePort port, Kring source, List flood)
    {
        int index = port.Index;
        Kring? ring = RingOf(port, 0);
        if (index >= Limits.SwitchPortsMax || RingOf(port, source.Index) != ring)
        {
            DeliverTo(ring, flood, default);
            return;
        }

        List unicast = _lists[index];
        _lists[index] = default;
        DeliverTo(ring, flood, unicast);
    }

    /// <summary>The receive ring that packets of a TX ring go to; null when nobody receives on the port.</summary>
    private static Kring? RingOf(ValePort port, uint sourceRing)
    {
        Kring[] rings = port.Rx;
        return rings.Length == 0 ? null : rings[sourceRing % (uint)rings.Length];
    }

    private void DeliverTo(Kring? ring, List a, List b)
    {
        if (ring is null || !ring.IsGateOpen)
        {
            return;
        }

        uint packets = a.Packets + b.Packets;
        uint slots = a.Slots + b.Slots;
        Kring.Claim claim;
        uint fitting = packets;
        int retries = ring.Consumer?.Retries ?? 0;
        while (!ring.TryClaim(slots, out uint free, out claim))
        {
            if (retries-- > 0)
            {
                ring.Consumer!.MakeRoom(ring);
                continue;
            }

            // The free space only grows while nobody else claims; every round wants less than the one before.
            fitting = Fit(a, b, Math.Min(free, slots - 1), out slots);
            if (fitting == 0)
            {
                ring.CountNoRoom(packets);
                return;
            }
        }

        if (fitting != packets)
        {
            ring.CountNoRoom(packets - fitting);
        }

        ulong bytes = Copy(ring, claim, a, b, fitting);
        if (ring.Complete(claim, fitting, bytes))
        {
            ring.Wake();
        }
    }

    /// <summary>How many packets from the front fit in <paramref name="room"/> slots, and how many slots they need.</summary>
    private uint Fit(List a, List b, uint room, out uint slots)
    {
        slots = 0;
        uint packets = 0;
        Merge merge = new(a, b);
        while (merge.TryNext(_fragments, out int packet) && slots + _fragments[packet].Count <= room)
        {
            slots += _fragments[packet].Count;
            packets++;
        }

        return packets;
    }

    private ulong Copy(Kring ring, in Kring.Claim claim, List a, List b, uint packets)
    {
        ulong bytes = 0;
        uint slot = claim.Start;
        Merge merge = new(a, b);
        while (packets-- != 0 && merge.TryNext(_fragments, out int packet))
        {
            int count = _fragments[packet].Count;
            for (int i = packet; i < packet + count; i++)
            {
                SlotFlags flags = (SlotFlags)(count << 8);
                flags |= i + 1 < packet + count ? SlotFlags.MoreFragments : SlotFlags.None;
                bytes += Place(ring, slot, _fragments[i].Data, _fragments[i].Length, flags);
                slot = RingWindow.Next(slot, ring.NumSlots);
            }
        }

        return bytes;
    }

    /// <summary>Copies one fragment into one slot; index and pointer of the slot stay. Returns its length.</summary>
    private static uint Place(Kring ring, uint slot, byte* data, uint length, SlotFlags flags)
    {
        NetmapSlot* destination = ring.Slots + slot;
        length = length <= ring.BufferSize ? length : 0;
        FrameCopy.Copy(ring.BufferOf(destination->BufferIndex), data, length);
        destination->Length = (ushort)length;
        destination->Flags = flags;
        return length;
    }

    /// <summary>Walks two lists in the order of their packets.</summary>
    private ref struct Merge(List a, List b)
    {
        private int _a = a.Packets == 0 ? None : a.First;
        private int _b = b.Packets == 0 ? None : b.First;

        internal bool TryNext(Fragment[] fragments, out int packet)
        {
            if (_a != None && (_b == None || _a < _b))
            {
                packet = _a;
                _a = fragments[packet].Next;
                return true;
            }

            packet = _b;
            if (_b == None)
            {
                return false;
            }

            _b = fragments[packet].Next;
            return true;
        }
    }
}

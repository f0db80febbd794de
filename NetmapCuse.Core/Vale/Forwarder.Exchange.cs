using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Beyond netmap, and off by default (parameter vale_zerocopy): unicast frames between two ports of one region change
/// place with the receiver's free buffers instead of being copied. A sender then finds other buffers in its slots after a
/// sync, with NS_BUF_CHANGED.
/// </summary>
internal sealed unsafe partial class Forwarder
{
    /// <summary>Some slot of the batch has its data elsewhere, so that there is no buffer to give.</summary>
    private bool _hasIndirect;

    /// <summary>Sender and receiver share a region, the receiver's ring was opened for it, and nobody watches the sender.</summary>
    private bool MayExchange(Kring source, Kring ring) =>
        ring.ExchangesBuffers && ring.Buffers == source.Buffers && ring.Consumer is null
        && source.Monitors is null && !_hasIndirect && !_copiesExactly && !ring.CopiesExactly;

    /// <summary>
    /// A list of packets of one slot. The indexes of some slots are read before the first of them is written: the lines are
    /// the other CPU's, and all of them come at once.
    /// </summary>
    private ulong ExchangeSingles(Kring source, Kring ring, in Claim claim, in PacketList list, uint packets)
    {
        ulong bytes = 0;
        uint slot = claim.Start;
        int packet = list.First;
        uint* free = stackalloc uint[(int)Group];
        while (packets != 0)
        {
            uint count = Math.Min(Math.Min(packets, Group), ring.NumSlots - slot);
            NetmapSlot* to = ring.Slots + slot;
            for (uint i = 0; i < count; i++)
            {
                free[i] = Volatile.Read(ref to[i].BufferIndex);
            }

            for (uint i = 0; i < count; i++)
            {
                Fragment* fragment = _fragments + packet;
                NetmapSlot* from = source.Slots + fragment->Slot;
                uint given = Volatile.Read(ref from->BufferIndex);
                packet = fragment->Next;
                if (!source.IsBuffer(given) || !ring.IsBuffer(free[i]))
                {
                    bytes += Place(ring, slot + i, fragment, 1u << 8);
                    continue;
                }

                from->BufferIndex = free[i];
                from->Flags = SlotFlags.BufferChanged;
                *(ulong*)(to + i) = given | ((ulong)fragment->Length << 32) | (1UL << 56);
                bytes += fragment->Length;
            }

            packets -= count;
            slot += count;
            slot -= slot == ring.NumSlots ? slot : 0;
        }

        return bytes;
    }

    private ulong ExchangeList(Kring source, Kring ring, in Claim claim, in PacketList list, uint packets)
    {
        ulong bytes = 0;
        uint slot = claim.Start;
        int packet = list.First;
        for (; packets != 0; packets--)
        {
            Fragment* fragment = _fragments + packet;
            uint flags = (uint)fragment->Count << 8;
            for (uint left = fragment->Count; left != 0; left--)
            {
                uint more = left > 1 ? (uint)SlotFlags.MoreFragments : 0;
                bytes += Exchange(source, ring, slot, fragment++, flags | more);
                slot = RingWindow.Next(slot, ring.NumSlots);
            }

            packet = _fragments[packet].Next;
        }

        return bytes;
    }

    /// <summary>
    /// Exchanges one buffer. Both slots are a client's: an index that is no buffer (any more) stays where it is, and the
    /// fragment is copied as ever.
    /// </summary>
    private static uint Exchange(Kring source, Kring ring, uint slot, Fragment* fragment, uint flags)
    {
        NetmapSlot* from = source.Slots + fragment->Slot;
        NetmapSlot* to = ring.Slots + slot;
        uint given = Volatile.Read(ref from->BufferIndex);
        uint taken = Volatile.Read(ref to->BufferIndex);
        if (!source.IsBuffer(given) || !ring.IsBuffer(taken))
        {
            return Place(ring, slot, fragment, flags);
        }

        from->BufferIndex = taken;
        from->Flags = SlotFlags.BufferChanged;
        to->BufferIndex = given;
        *(uint*)&to->Length = fragment->Length | (flags << 16);
        return fragment->Length;
    }
}

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

    private ulong ExchangeList(Kring source, Kring ring, in Kring.Claim claim, in PacketList list, uint packets)
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

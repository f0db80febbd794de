using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>What is different when ports have virtio-net headers or rings have offsets.</summary>
internal sealed unsafe partial class Forwarder
{
    /// <summary>Length of the header in front of the sender's frames.</summary>
    private uint _headerBytes;

    /// <summary>The sender's packets start at their slots' offsets.</summary>
    private bool _hasOffsets;

    /// <summary>What the sender sends is copied to the byte.</summary>
    private bool _copiesExactly;

    /// <summary>A flag that every slot of such a sender is treated to have: <see cref="Gather"/> then takes the long way.</summary>
    private SlotFlags _unusual;

    /// <summary>Reads once for a sync what the control plane can change at any time.</summary>
    private void LookAtSender(ValePort port, Kring source)
    {
        _sourceRing = source.Index;
        _headerBytes = port.HeaderBytes;
        _hasOffsets = source.HasOffsets;
        _copiesExactly = source.CopiesExactly;
        _unusual = _headerBytes != 0 || _hasOffsets ? SlotFlags.Indirect : SlotFlags.None;
    }

    /// <summary>
    /// Finds the start of a packet's frame, behind the header, which may be a fragment of its own. False when there are
    /// fewer than 14 bytes.
    /// </summary>
    private bool TryFindFrame(int packet, int count, out byte* frame)
    {
        Fragment* first = _fragments + packet;
        if (_headerBytes != 0 && first->Length == _headerBytes && count > 1)
        {
            frame = first[1].Data;
            return first[1].Length >= HeaderBytes;
        }

        frame = first->Data + _headerBytes;
        return _headerBytes == 0 || first->Length >= _headerBytes + HeaderBytes;
    }

    /// <summary>Delivers to a port whose header has another length: packet by packet, and the first that does not fit is the last.</summary>
    private void DeliverConverted(
        ValePort port, uint header, Kring ring, in PacketList a, in PacketList b)
    {
        VnetConversion conversion = new(ring, _headerBytes, header, port.MaxFrame);
        PacketMerge merge = new(_fragments, a, b);
        bool isMoved = false;
        uint left = a.Packets + b.Packets;
        for (; left != 0 && merge.TryNext(out int packet); left--)
        {
            if (!conversion.TryPlan(_fragments + packet))
            {
                _badPackets++;
                continue;
            }

            if (!ring.TryClaim(conversion.Slots, out _, out Claim claim))
            {
                ring.CountNoRoom(left);
                break;
            }

            ulong bytes = conversion.Write(claim);
            isMoved |= ring.Complete(claim, conversion.Frames, bytes);
        }

        if (isMoved)
        {
            ring.Wake();
        }
    }

    /// <summary>Copies where sender or receiver have offsets or odd buffers: to the byte, since no end is where a cache line ends.</summary>
    private ulong CopyExactly(Kring ring, in Claim claim, in PacketList a, in PacketList b, uint packets)
    {
        ulong bytes = 0;
        uint slot = claim.Start;
        PacketMerge merge = new(_fragments, a, b);
        for (; packets != 0 && merge.TryNext(out int packet); packets--)
        {
            Fragment* fragment = _fragments + packet;
            uint flags = (uint)fragment->Count << 8;
            for (uint left = fragment->Count; left != 0; left--)
            {
                uint more = left > 1 ? (uint)SlotFlags.MoreFragments : 0;
                bytes += PlaceExactly(ring, slot, fragment++, flags | more);
                slot = RingWindow.Next(slot, ring.NumSlots);
            }
        }

        return bytes;
    }

    /// <summary>A fragment that does not fit behind the receiver's offset arrives empty.</summary>
    private static uint PlaceExactly(Kring ring, uint slot, Fragment* fragment, uint flags)
    {
        NetmapSlot* destination = ring.Slots + slot;
        byte* data = ring.DestinationOf(destination, fragment->Length);
        uint length = data == null ? 0u : fragment->Length;
        Buffer.MemoryCopy(fragment->Data, data, length, length);
        *(uint*)&destination->Length = length | (flags << 16);
        return length;
    }
}

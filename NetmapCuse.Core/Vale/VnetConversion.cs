using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Packets between ports whose virtio-net headers differ in length (reference/netmap-behaviour.md section 11). A receiver with a
/// header gets one that is made of the sender's; for a receiver without, what the sender's header asks for is done here. Each
/// packet is looked at, so that its number of slots is known exactly, and then put in slots that were claimed for it alone.
/// </summary>
/// <param name="ring">Where the packets go.</param>
/// <param name="sourceHeader">Bytes of the sender's header.</param>
/// <param name="destinationHeader">Bytes of the receiver's header: another number.</param>
/// <param name="maxFrame">Bytes of the longest segment.</param>
internal unsafe ref struct VnetConversion(Kring ring, uint sourceHeader, uint destinationHeader, uint maxFrame)
{
    /// <summary>Bytes that a slot can say it has.</summary>
    private readonly uint _slotBytes = Math.Min(ring.BufferSize, ushort.MaxValue);

    private Fragment* _packet;
    private VnetHeader _header;
    private SegmentHeaders _headers;
    private HeaderBytes _headerBytes;
    private uint _payload;
    private uint _payloadMax;

    /// <summary>Slots that the packet needs.</summary>
    internal uint Slots { get; private set; }

    private readonly bool IsSplit => _header.SegmentType != VnetGso.None;

    /// <summary>Frames that the receiver gets for the packet.</summary>
    internal readonly uint Frames => IsSplit ? Slots : 1;

    /// <summary>Looks at the next packet, which has a sender's header and at least 14 bytes of frame. False: it is to be dropped.</summary>
    internal bool TryPlan(Fragment* packet)
    {
        _packet = packet;
        _header = default;
        if (sourceHeader != 0)
        {
            _header = Unsafe.ReadUnaligned<VnetHeader>(packet->Data);
        }

        if (destinationHeader == 0 && !_header.IsGood)
        {
            return false;
        }

        if (destinationHeader == 0 && IsSplit)
        {
            return TryPlanSegments();
        }

        _header.Gso = destinationHeader == 0 ? _header.Gso : VnetGso.None;
        Slots = CountSlots();
        return Slots <= NetmapApi.FragmentsMax;
    }

    /// <summary>Fills the claimed slots; returns the bytes.</summary>
    internal ulong Write(in Claim claim) => IsSplit ? WriteSegments(claim) : WriteFrame(claim);

    /// <summary>Headers have to lie in the fragment with the start of the frame.</summary>
    private bool TryPlanSegments()
    {
        bool isHeaderAlone = _packet->Length == sourceHeader;
        Fragment* first = isHeaderAlone ? _packet + 1 : _packet;
        uint skip = isHeaderAlone ? 0 : sourceHeader;
        ReadOnlySpan<byte> start = new(first->Data + skip, (int)Math.Min(first->Length - skip, SegmentHeaders.BytesMax));
        start.CopyTo(_headerBytes);
        if (!SegmentHeaders.TryParse(((ReadOnlySpan<byte>)_headerBytes)[..start.Length], _header.Gso, out _headers))
        {
            return false;
        }

        uint total = 0;
        for (int i = 0; i < _packet->Count; i++)
        {
            total += _packet[i].Length;
        }

        uint headers = (uint)_headers.Bytes;
        uint frame = Math.Min(maxFrame, _slotBytes);
        _payload = total - sourceHeader - headers;
        _payloadMax = frame > headers ? frame - headers : 0;
        Slots = _payloadMax != 0 ? Math.Max(1, (_payload + _payloadMax - 1) / _payloadMax) : 0;
        return _payloadMax != 0;
    }

    private readonly ulong WriteSegments(in Claim claim)
    {
        uint headers = (uint)_headers.Bytes;
        PacketReader reader = new(_packet, sourceHeader + headers);
        ReadOnlySpan<byte> template = ((ReadOnlySpan<byte>)_headerBytes)[.._headers.Bytes];
        ulong bytes = 0;
        uint before = 0;
        uint slot = claim.Start;
        for (uint number = 0; number < claim.Count; number++)
        {
            uint part = Math.Min(_payloadMax, _payload - before);
            uint length = headers + part;
            NetmapSlot* target = ring.Slots + slot;
            byte* data = ring.DestinationOf(target, length);
            if (data == null)
            {
                reader.Skip(part);
                length = 0;
            }
            else
            {
                Span<byte> segment = new(data, (int)length);
                template.CopyTo(segment);
                reader.Read(data + headers, part);
                _headers.Finish(segment, number, before, isLast: number + 1 == claim.Count);
            }

            SetLength(target, length, flags: 0);
            before += part;
            bytes += length;
            slot = RingWindow.Next(slot, ring.NumSlots);
        }

        return bytes;
    }

    /// <summary>Bytes that the receiver gets for a fragment: headers are taken off and put on at the first.</summary>
    private readonly uint LengthOf(int fragment) =>
        _packet[fragment].Length + (fragment == 0 ? destinationHeader - sourceHeader : 0);

    /// <summary>Fragments stay what they are, but for one that grows beyond a buffer and one that was but a header.</summary>
    private readonly uint CountSlots()
    {
        uint slots = 0;
        for (int i = 0; i < _packet->Count; i++)
        {
            uint length = LengthOf(i);
            slots += i == 0 && length == 0 ? 0 : Math.Max(1, (length + _slotBytes - 1) / _slotBytes);
        }

        return slots;
    }

    private readonly ulong WriteFrame(in Claim claim)
    {
        PacketReader reader = new(_packet, sourceHeader);
        uint prefix = destinationHeader;
        uint left = claim.Count;
        uint slot = claim.Start;
        ulong bytes = 0;
        Span<byte> first = default;
        for (int i = 0; i < _packet->Count; i++)
        {
            uint rest = LengthOf(i);
            if (i == 0 && rest == 0)
            {
                continue;
            }

            do
            {
                uint length = Math.Min(rest, _slotBytes);
                NetmapSlot* target = ring.Slots + slot;
                byte* data = ring.DestinationOf(target, length);
                uint written = Fill(ref reader, data, length, prefix);
                first = left == claim.Count ? new Span<byte>(data, (int)written) : first;
                left--;
                SetLength(target, written, (claim.Count << 8) | (left != 0 ? (uint)SlotFlags.MoreFragments : 0));
                bytes += written;
                rest -= length;
                prefix = 0;
                slot = RingWindow.Next(slot, ring.NumSlots);
            }
            while (rest != 0);
        }

        CompleteChecksum(first);
        return bytes;
    }

    /// <summary>Header and data of one slot; nothing when they do not fit behind the receiver's offset. Returns the bytes.</summary>
    private readonly uint Fill(ref PacketReader reader, byte* data, uint length, uint prefix)
    {
        if (data == null)
        {
            reader.Skip(length - prefix);
            return 0;
        }

        if (prefix != 0)
        {
            new Span<byte>(data, (int)prefix).Clear();
            new ReadOnlySpan<byte>(_packet->Data, sourceHeader == 0 ? 0 : VnetHeader.Bytes).CopyTo(new Span<byte>(data, (int)prefix));
        }

        reader.Read(data + prefix, length - prefix);
        return length;
    }

    /// <summary>
    /// Sums from csum_start to the end of the frame, what stands in the field included: that is the sum of the pseudo header.
    /// A field behind the first fragment is left alone.
    /// </summary>
    private readonly void CompleteChecksum(Span<byte> first)
    {
        int field = _header.ChecksumStart + _header.ChecksumOffset;
        if (destinationHeader != 0 || !_header.NeedsChecksum || field + 2 > first.Length)
        {
            return;
        }

        InternetChecksum checksum = default;
        PacketReader reader = new(_packet, sourceHeader + _header.ChecksumStart);
        while (reader.TryNext(uint.MaxValue, out ReadOnlySpan<byte> piece))
        {
            checksum.Add(piece);
        }

        BinaryPrimitives.WriteUInt16BigEndian(first[field..], checksum.Result());
    }

    /// <summary>Length and flags in one store; index and ptr are the receiver's.</summary>
    private static void SetLength(NetmapSlot* slot, uint length, uint flags) =>
        *(uint*)&slot->Length = length | (flags << 16);

    /// <summary>A copy of the packet's headers, out of reach of its sender.</summary>
    [InlineArray(SegmentHeaders.BytesMax)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}

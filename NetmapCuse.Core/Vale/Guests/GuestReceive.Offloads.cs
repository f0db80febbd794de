using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// Packets whose header asks for what the receiving guest did not say it takes: checksums are completed and segments are cut here, in
/// memory of the ring's own, before they are copied. VALE trusts equal headers; guests do not.
/// </summary>
internal sealed unsafe partial class GuestReceive
{
    /// <summary>The longest frame there can be, its header not counted: 64 fragments of 2048 bytes.</summary>
    private const int ScratchBytes = 64 * 2048;

    /// <summary>A frame that every guest takes, which a segment is made to be.</summary>
    private const uint SegmentBytes = 1514;

    private readonly byte* _scratch;

    private Outcome DeliverConverted(Virtqueue queue, Fragment* packet, uint sourceHeader, in VnetHeader header)
    {
        PacketReader reader = new(packet, sourceHeader);
        uint length = LengthOf(packet) - sourceHeader;
        if (length > ScratchBytes)
        {
            return Outcome.Bad;
        }

        if (header.SegmentType == VnetGso.None)
        {
            reader.Read(_scratch, length);
            CompleteChecksum(header, length);
            return DeliverScratch(queue, length);
        }

        byte* start = stackalloc byte[SegmentHeaders.BytesMax];
        uint there = Math.Min(length, SegmentHeaders.BytesMax);
        reader.Read(start, there);
        return SegmentHeaders.TryParse(new ReadOnlySpan<byte>(start, (int)there), header.Gso, out SegmentHeaders headers)
            && headers.Bytes < SegmentBytes
            ? DeliverSegments(queue, packet, sourceHeader, headers, start, length)
            : Outcome.Bad;
    }

    private Outcome DeliverSegments(
        Virtqueue queue, Fragment* packet, uint sourceHeader, in SegmentHeaders headers, byte* start, uint length)
    {
        uint headerBytes = (uint)headers.Bytes;
        uint payload = length - headerBytes;
        uint payloadMax = SegmentBytes - headerBytes;
        PacketReader reader = new(packet, sourceHeader + headerBytes);
        uint before = 0;
        uint number = 0;
        do
        {
            uint part = Math.Min(payloadMax, payload - before);
            Unsafe.CopyBlockUnaligned(_scratch, start, headerBytes);
            reader.Read(_scratch + headerBytes, part);
            Span<byte> segment = new(_scratch, (int)(headerBytes + part));
            headers.Finish(segment, number++, before, isLast: before + part == payload);
            Outcome outcome = DeliverScratch(queue, headerBytes + part);
            if (outcome != Outcome.Done)
            {
                return outcome;
            }

            before += part;
        }
        while (before < payload);
        return Outcome.Done;
    }

    /// <summary>From csum_start to the end, what stands in the field included: that is the sum of the pseudo header.</summary>
    private void CompleteChecksum(in VnetHeader header, uint length)
    {
        uint field = (uint)header.ChecksumStart + header.ChecksumOffset;
        if (!header.NeedsChecksum || field + 2 > length)
        {
            return;
        }

        InternetChecksum checksum = default;
        checksum.Add(new ReadOnlySpan<byte>(_scratch + header.ChecksumStart, (int)(length - header.ChecksumStart)));
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(_scratch + field, 2), checksum.Result());
    }

    private Outcome DeliverScratch(Virtqueue queue, uint length)
    {
        Outcome claimed = Claim(queue, _header + length, out int chains);
        if (claimed == Outcome.Done)
        {
            Filler filler = new(_pieces);
            WriteHeader(ref filler, default, chains);
            filler.Write(new ReadOnlySpan<byte>(_scratch, (int)length));
            Complete(queue, chains, _header + length);
            Counters.Frames++;
            Counters.Bytes += length;
        }

        return claimed;
    }
}

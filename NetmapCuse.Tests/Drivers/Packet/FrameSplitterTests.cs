using System.Buffers.Binary;
using FluentAssertions;
using NetmapCuse.Drivers.Packet;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Packet;

public sealed class FrameSplitterTests
{
    private const int Ethernet = 14;
    private const int Tag = 4;
    private const int TcpOptions = 12;
    private const byte Finish = 0x01;
    private const byte Push = 0x08;
    private const byte WindowReduced = 0x80;
    private const byte Acknowledge = 0x10;

    private readonly FrameSplitter _splitter = new();

    [Theory]
    [InlineData(4, false, false, 1448 * 3)]
    [InlineData(4, false, true, (1448 * 3) + 1)]
    [InlineData(4, true, false, 5000)]
    [InlineData(6, false, false, 60000)]
    [InlineData(6, true, true, 1449)]
    public void What_an_offload_joined_is_taken_apart(int version, bool isUdp, bool isTagged, int payload)
    {
        const int Segment = 1448;
        byte[] joined = Make(version, isUdp, payload, out int transport, out int header);
        joined.CopyTo(_splitter.Space);
        OffloadHeader offload = new()
        {
            Flags = 1,
            SegmentKind = (byte)(isUdp ? SegmentKind.Udp : version == 4 ? SegmentKind.Tcp4 : SegmentKind.Tcp6),
            SegmentLength = Segment,
            ChecksumStart = (ushort)transport,
            ChecksumOffset = (ushort)(isUdp ? 6 : 16),
        };
        _splitter.Load(joined.Length, new PacketInfo(offload, isTagged, 0x8100, 77)).Should().BeTrue();
        List<byte> data = [];
        int tag = isTagged ? Tag : 0;
        int count = (payload + Segment - 1) / Segment;
        for (int i = 0; i < count; i++)
        {
            byte[] frame = [.. _splitter.Next];
            frame.Length.Should().Be(tag + header + Math.Min(Segment, payload - data.Count));
            if (isTagged)
            {
                frame[12..16].Should().Equal(0x81, 0x00, 0, 77);
            }

            Check(frame.AsSpan(Ethernet + tag), version, isUdp, i, (uint)data.Count, i == 0, i + 1 == count);
            data.AddRange(frame[(tag + header)..]);
            _splitter.Advance().Should().Be(i + 1 < count);
        }

        data.Should().Equal(joined[header..]);
        _splitter.Next.Length.Should().Be(0);
    }

    [Fact]
    public void A_tag_is_put_back_and_a_checksum_completed()
    {
        byte[] frame = Make(4, true, 100, out int transport, out _);
        frame.CopyTo(_splitter.Space);
        OffloadHeader offload = new() { Flags = 1, ChecksumStart = (ushort)transport, ChecksumOffset = 6 };
        ushort length = (ushort)(frame.Length - transport);
        BinaryPrimitives.WriteUInt16BigEndian(_splitter.Space[(transport + 4)..], length);
        BinaryPrimitives.WriteUInt16BigEndian(_splitter.Space[(transport + 6)..], Fold(Sum(frame.AsSpan(26, 8)) + 17u + length));
        _splitter.Load(frame.Length, new PacketInfo(offload, true, 0x88a8, 0x2005)).Should().BeTrue();
        byte[] made = [.. _splitter.Next];
        made[..12].Should().Equal(frame[..12]);
        made[12..18].Should().Equal(0x88, 0xa8, 0x20, 0x05, 0x08, 0x00);
        Fold(Sum(made.AsSpan(30, 8)) + 17u + length + Sum(made.AsSpan(transport + Tag))).Should().Be(0xffff);
        _splitter.Advance().Should().BeFalse();
    }

    [Fact]
    public void Nonsense_gives_no_frame_and_no_exception()
    {
        Random random = new(9);
        for (int i = 0; i < 50000; i++)
        {
            byte[] frame = Make(i % 2 == 0 ? 4 : 6, i % 3 == 0, random.Next(3000), out int transport, out _);
            for (int damage = random.Next(4); damage > 0; damage--)
            {
                frame[random.Next(12, Math.Min(frame.Length, 80))] = (byte)random.Next(256);
            }

            frame.CopyTo(_splitter.Space);
            OffloadHeader offload = new()
            {
                Flags = (byte)random.Next(2),
                SegmentKind = (byte)random.Next(7),
                SegmentLength = (ushort)random.Next(3000),
                ChecksumStart = (ushort)(random.Next(3) == 0 ? random.Next(4000) : transport),
                ChecksumOffset = (ushort)random.Next(40),
            };
            bool more = _splitter.Load(random.Next(frame.Length + 1), new PacketInfo(offload, i % 5 == 0, 0x8100, 1));
            int frames = 0;
            while (more)
            {
                _splitter.Next.Length.Should().BePositive();
                (++frames).Should().BeLessThan(4000);
                more = _splitter.Advance();
            }
        }
    }

    private static void Check(Span<byte> ip, int version, bool isUdp, int index, uint offset, bool isFirst, bool isLast)
    {
        int header = version == 4 ? 20 : 40;
        ulong pseudo;
        if (version == 4)
        {
            BinaryPrimitives.ReadUInt16BigEndian(ip[2..]).Should().Be((ushort)ip.Length);
            BinaryPrimitives.ReadUInt16BigEndian(ip[4..]).Should().Be((ushort)(0xfffe + index));
            Fold(Sum(ip[..header])).Should().Be(0xffff);
            pseudo = Sum(ip.Slice(12, 8));
        }
        else
        {
            BinaryPrimitives.ReadUInt16BigEndian(ip[4..]).Should().Be((ushort)(ip.Length - header));
            pseudo = Sum(ip.Slice(8, 32));
        }

        Span<byte> transport = ip[header..];
        Fold(pseudo + (isUdp ? 17u : 6u) + (ulong)transport.Length + Sum(transport)).Should().Be(0xffff);
        if (isUdp)
        {
            BinaryPrimitives.ReadUInt16BigEndian(transport[4..]).Should().Be((ushort)transport.Length);
            return;
        }

        BinaryPrimitives.ReadUInt32BigEndian(transport[4..]).Should().Be(unchecked(0xfffffff0 + offset));
        byte flags = (byte)(Acknowledge | (isFirst ? WindowReduced : 0) | (isLast ? Finish | Push : 0));
        transport[13].Should().Be(flags);
    }

    private static byte[] Make(int version, bool isUdp, int payload, out int transport, out int header)
    {
        transport = Ethernet + (version == 4 ? 20 : 40);
        header = transport + (isUdp ? 8 : 20 + TcpOptions);
        byte[] frame = new byte[header + payload];
        new Random(payload).NextBytes(frame);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), (ushort)(version == 4 ? 0x0800 : 0x86dd));
        Span<byte> ip = frame.AsSpan(Ethernet);
        if (version == 4)
        {
            ip[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(frame.Length - Ethernet));
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], 0xfffe);
            ip[9] = (byte)(isUdp ? 17 : 6);
        }
        else
        {
            ip[0] = 0x60;
            ip[6] = (byte)(isUdp ? 17 : 6);
        }

        if (!isUdp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(transport + 4), 0xfffffff0);
            frame[transport + 12] = (20 + TcpOptions) / 4 << 4;
            frame[transport + 13] = Acknowledge | Push | Finish | WindowReduced;
        }

        return frame;
    }

    private static ulong Sum(ReadOnlySpan<byte> data)
    {
        ulong sum = 0;
        for (int i = 0; i < data.Length; i++)
        {
            sum += (ulong)data[i] << ((i & 1) == 0 ? 8 : 0);
        }

        return sum;
    }

    private static ushort Fold(ulong sum)
    {
        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)sum;
    }
}

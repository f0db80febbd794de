using FluentAssertions;
using NetmapCuse.Core.Vale;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>Headers of packets to be split, byte by byte: reference/netmap-behaviour.md section 11.</summary>
public sealed class SegmentHeadersTests
{
    public static TheoryData<bool, bool, int, int, int> Shapes() => new()
    {
        { false, false, 0, 0, 0 },
        { false, false, 1, 10, 10 },
        { false, false, 2, 3, 1 },
        { false, true, 0, 0, 0 },
        { false, true, 1, 2, 0 },
        { true, false, 0, 0, 0 },
        { true, false, 2, 0, 10 },
        { true, true, 1, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Headers_are_found(bool isIPv6, bool isUdp, int vlanTags, int ipOptions, int tcpOptions)
    {
        Packet packet = Make(isIPv6, isUdp, vlanTags, ipOptions, tcpOptions);
        byte[] bytes = packet.ToBytes();

        SegmentHeaders.TryParse(bytes, (VnetGso)packet.Gso, out SegmentHeaders headers).Should().BeTrue();
        headers.Bytes.Should().Be(packet.HeaderBytes);
        SegmentHeaders.TryParse(bytes.AsSpan(0, packet.HeaderBytes), (VnetGso)packet.Gso, out _).Should().BeTrue();
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Headers_that_are_not_all_there_are_refused(bool isIPv6, bool isUdp, int vlanTags, int ipOptions, int tcpOptions)
    {
        Packet packet = Make(isIPv6, isUdp, vlanTags, ipOptions, tcpOptions);
        byte[] bytes = packet.ToBytes();

        for (int length = 0; length < packet.HeaderBytes; length++)
        {
            SegmentHeaders.TryParse(bytes.AsSpan(0, length), (VnetGso)packet.Gso, out _).Should().BeFalse();
        }
    }

    [Theory]
    [InlineData(false, false, 4)]
    [InlineData(false, false, 3)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 1)]
    [InlineData(true, true, 4)]
    public void A_packet_is_what_it_is_said_to_be(bool isIPv6, bool isUdp, int gso)
    {
        byte[] bytes = Make(isIPv6, isUdp, 0, 0, 0).ToBytes();

        SegmentHeaders.TryParse(bytes, (VnetGso)gso, out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(12, 0x08, 0x06)]
    [InlineData(14, 0x44, 0)]
    [InlineData(14, 0x65, 0)]
    [InlineData(46, 0x40, 0x10)]
    public void Nonsense_is_refused(int offset, byte first, byte second)
    {
        byte[] bytes = Make(false, false, 0, 0, 0).ToBytes();
        bytes[offset] = first;
        bytes[offset + 1] = second;

        SegmentHeaders.TryParse(bytes, VnetGso.TcpV4, out _).Should().BeFalse();
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Segments_have_correct_checksums(bool isIPv6, bool isUdp, int vlanTags, int ipOptions, int tcpOptions)
    {
        Packet packet = Make(isIPv6, isUdp, vlanTags, ipOptions, tcpOptions);
        byte[] bytes = packet.ToBytes();
        SegmentHeaders.TryParse(bytes, (VnetGso)packet.Gso, out SegmentHeaders headers).Should().BeTrue();
        byte[] first = bytes[..(headers.Bytes + 101)];
        byte[] last = [.. bytes[..headers.Bytes], .. bytes[^7..]];

        headers.Finish(first, 0, 0, isLast: false);
        headers.Finish(last, 1, 101, isLast: true);

        Tcpdump.AssertChecksums([first, last]);
    }

    [Fact]
    public void Congestion_is_answered_once_where_it_is_spoken_of()
    {
        Packet packet = Make(false, false, 0, 0, 0) with { TcpFlags = Packet.CongestionWindowReduced | Packet.Ack };

        FlagsOfSegment(packet, VnetGso.TcpV4 | VnetGso.Ecn, 0).Should().Be(packet.TcpFlags);
        FlagsOfSegment(packet, VnetGso.TcpV4 | VnetGso.Ecn, 1).Should().Be(Packet.Ack);
        FlagsOfSegment(packet, VnetGso.TcpV4, 1).Should().Be(packet.TcpFlags);
    }

    private static int FlagsOfSegment(Packet packet, VnetGso gso, uint number)
    {
        byte[] segment = packet.ToBytes();
        SegmentHeaders.TryParse(segment, gso, out SegmentHeaders headers).Should().BeTrue();
        headers.Finish(segment, number, number, isLast: false);
        return segment[packet.Transport + 13];
    }

    private static Packet Make(bool isIPv6, bool isUdp, int vlanTags, int ipOptions, int tcpOptions) => new()
    {
        IsIPv6 = isIPv6,
        IsUdp = isUdp,
        VlanTags = vlanTags,
        IPv4Options = ipOptions,
        TcpOptions = tcpOptions,
        Payload = 300,
    };
}

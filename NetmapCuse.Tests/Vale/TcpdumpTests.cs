using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>The judge is one who says no.</summary>
public sealed class TcpdumpTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_packet_whose_checksum_was_left_to_the_card_is_wrong(bool isIPv6, bool isUdp)
    {
        byte[] frame = new Packet { IsIPv6 = isIPv6, IsUdp = isUdp, Payload = 101 }.ToBytes();

        Tcpdump.Describe([frame]).Should().ContainAny("incorrect", "bad udp cksum");
    }

    [Fact]
    public void A_wrong_header_checksum_is_found()
    {
        byte[] frame = new Packet { Payload = 10 }.ToBytes();
        frame[24] ^= 1;

        Tcpdump.Describe([frame]).Should().Contain("bad cksum");
    }
}

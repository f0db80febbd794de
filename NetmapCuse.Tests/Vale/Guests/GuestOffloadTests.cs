using FluentAssertions;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>
/// What a guest leaves to its network card: uncut to guests that take it so, done on the way to all others.
/// </summary>
public sealed class GuestOffloadTests : GuestTest
{
    private const VirtioFeatures Sends = VirtioFeatures.Checksum | VirtioFeatures.HostTcpV4 | VirtioFeatures.HostTcpV6;

    private const VirtioFeatures TakesAll = VirtioFeatures.GuestChecksum | VirtioFeatures.GuestTcpV4 | VirtioFeatures.GuestTcpV6;

    [Theory]
    [InlineData(false, 40000)]
    [InlineData(true, 30000)]
    public void Long_segments_arrive_uncut_at_a_guest_that_takes_them(bool isIPv6, int payload)
    {
        using TestGuest a = MakeGuest("a", Sends);
        using TestGuest b = MakeGuest("b", TakesAll | VirtioFeatures.MergedBuffers);
        b.Post(60, bytes: 1536);
        Packet packet = new() { IsIPv6 = isIPv6, Payload = payload };
        byte[] frame = packet.ToBytes();
        byte[] header = packet.Header(flags: 1, gso: packet.Gso);
        a.SendFrame(frame, header);

        (byte[] Header, byte[] Frame) got = b.Receive().Should().ContainSingle().Subject;
        got.Frame.Should().Equal(frame);
        got.Header[..10].Should().Equal(header[..10]);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData((ulong)VirtioFeatures.GuestChecksum)]
    [InlineData((ulong)(VirtioFeatures.GuestChecksum | VirtioFeatures.GuestTcpV6))]
    public void They_are_cut_and_summed_for_a_guest_that_does_not(ulong takes)
    {
        using TestGuest a = MakeGuest("a", Sends);
        using TestGuest b = MakeGuest("b", (VirtioFeatures)takes);
        NetmapCuse.Core.Vale.Guests.GuestPort port = b.Port;
        b.Post(50, bytes: 1530);
        Packet packet = new() { Payload = 20000, TcpOptions = 3 };
        a.SendFrame(packet.ToBytes(), packet.Header(flags: 1, gso: packet.Gso), 12, 66);

        List<(byte[] Header, byte[] Frame)> got = b.Receive();
        got.Should().HaveCount((20000 + 1447) / 1448);
        got.Should().OnlyContain(one => one.Header.Take(10).All(static word => word == 0) && one.Frame.Length <= 1514);
        got.SelectMany(one => one.Frame.Skip(packet.HeaderBytes)).Should().Equal(packet.ToBytes().Skip(packet.HeaderBytes));
        got.Should().OnlyContain(one => Sums.AreGood(one.Frame));
        port.Totals().Rx.Frames.Should().Be((ulong)got.Count);
    }

    [Fact]
    public void A_checksum_is_completed_for_a_guest_that_wants_it_whole()
    {
        using TestGuest a = MakeGuest("a", Sends);
        using TestGuest b = MakeGuest("b", 0);
        using TestGuest c = MakeGuest("c", VirtioFeatures.GuestChecksum);
        b.Post(4);
        c.Post(4);
        Packet packet = new() { Payload = 777 };
        byte[] frame = packet.ToBytes();
        a.SendFrame(frame, packet.Header());

        (byte[] Header, byte[] Frame) whole = b.Receive().Should().ContainSingle().Subject;
        Sums.AreGood(whole.Frame).Should().BeTrue();
        whole.Header[0].Should().Be(0);
        (byte[] Header, byte[] Frame) left = c.Receive().Should().ContainSingle().Subject;
        left.Frame.Should().Equal(frame);
        left.Header[0].Should().Be(1);
    }

    [Fact]
    public void A_program_without_header_gets_frames_that_are_complete()
    {
        using TestGuest a = MakeGuest("a", Sends);
        NetmapClient program = OpenProgram("p");
        Packet packet = new() { Payload = 9000 };
        a.SendFrame(packet.ToBytes(), packet.Header(flags: 1, gso: packet.Gso), 12, 2000, 3000);

        List<byte[]> got = program.Receive();
        got.Should().HaveCount((9000 + 1459) / 1460);
        got.Should().OnlyContain(frame => Sums.AreGood(frame));
        got.SelectMany(frame => frame.Skip(packet.HeaderBytes)).Should().Equal(packet.ToBytes().Skip(packet.HeaderBytes));
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(1, 5)]
    [InlineData(1, 77)]
    public void What_nobody_knows_is_dropped(int flags, int gso)
    {
        using TestGuest a = MakeGuest("a", Sends);
        using TestGuest b = MakeGuest("b", TakesAll);
        b.Post(4);
        Packet packet = new() { Payload = 100 };
        a.SendFrame(packet.ToBytes(), packet.Header(flags, gso));

        b.Receive().Should().BeEmpty();
        a.Port.Totals().Tx.BadSlot.Should().Be(1);
    }
}

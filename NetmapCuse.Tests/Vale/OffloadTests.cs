using System.Buffers.Binary;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>
/// Work that a sender's virtio-net header asks for, done where the receiver has none: reference/netmap-behaviour.md
/// section 11. tcpdump judges the packets.
/// </summary>
[Collection(MountTests.Name)]
public sealed class OffloadTests(AnyDevice device) : VnetTest(device), IClassFixture<AnyDevice>
{
    private const int CongestionBit = 0x80;

    public static TheoryData<bool, bool, int, int, int> Shapes() => SegmentHeadersTests.Shapes();

    [Fact]
    public void The_worked_example()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        Packet packet = new() { Payload = 6000 - 12 - 54, TcpFlags = Packet.Ack | Packet.Push | Packet.Fin };
        byte[] bytes = packet.ToBytes();

        SendWhole(a, [.. packet.Header(gso: 1), .. bytes]);
        List<(byte[] Data, SlotFlags Flags)> slots = ReceiveSlots(b);
        byte[][] segments = [.. slots.Select(slot => slot.Data)];

        segments.Select(segment => segment.Length).Should().Equal(1514, 1514, 1514, 1514, 148);
        slots.Should().AllSatisfy(slot => slot.Flags.Should().Be(SlotFlags.None));
        segments.Select(segment => Packet.Read16(segment, 18)).Should().Equal(0xfffe, 0xffff, 0, 1, 2);
        segments.Select(segment => Packet.Read32(segment, 38)).Should().Equal(
            Enumerable.Range(0, 5).Select(i => unchecked(Packet.Sequence + (1460 * (uint)i))));
        segments.Select(segment => (int)segment[47]).Should().Equal(16, 16, 16, 16, packet.TcpFlags);
        segments.SelectMany(segment => segment[54..]).Should().Equal(bytes[54..]);
        Tcpdump.AssertChecksums(segments);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Packets_of_all_shapes_are_split(bool isIPv6, bool isUdp, int vlanTags, int ipOptions, int tcpOptions)
    {
        (NetmapClient a, NetmapClient b) = Pair();
        Packet packet = new()
        {
            IsIPv6 = isIPv6,
            IsUdp = isUdp,
            VlanTags = vlanTags,
            IPv4Options = ipOptions,
            TcpOptions = tcpOptions,
            Payload = 5003,
        };
        byte[] bytes = packet.ToBytes();

        SendWhole(a, [.. packet.Header(gso: packet.Gso | CongestionBit), .. bytes]);
        byte[][] segments = [.. ReceiveSlots(b).Select(slot => slot.Data)];

        segments[..^1].Should().AllSatisfy(segment => segment.Length.Should().Be(1514));
        segments.SelectMany(segment => segment[packet.HeaderBytes..]).Should().Equal(bytes[packet.HeaderBytes..]);
        segments.Should().AllSatisfy(segment => segment[..packet.Network].Should().Equal(bytes[..packet.Network]));
        Tcpdump.AssertChecksums(segments);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Checksums_are_completed(bool isIPv6, bool isUdp, int vlanTags, int ipOptions, int tcpOptions)
    {
        (NetmapClient a, NetmapClient b) = Pair();
        Packet small = new()
        {
            IsIPv6 = isIPv6,
            IsUdp = isUdp,
            VlanTags = vlanTags,
            IPv4Options = ipOptions,
            TcpOptions = tcpOptions,
            Payload = 10,
        };
        Packet odd = small with { Payload = 1001 };
        byte[][] packets = [.. ((Packet[])[small, odd]).Select(packet => packet.ToBytes())];

        SendWhole(a, [.. small.Header(), .. packets[0]]);
        SendPieces(a, [.. odd.Header(), .. packets[1]], 12 + 301, 3, 5, 100);
        List<(byte[] Data, SlotFlags Flags)> slots = ReceiveSlots(b);

        slots.Select(slot => (int)slot.Flags).Should().Equal(0x0100, 0x0520, 0x0520, 0x0520, 0x0520, 0x0500);
        byte[][] frames = [slots[0].Data, [.. slots.Skip(1).SelectMany(slot => slot.Data)]];
        frames.Select(frame => frame.Length).Should().Equal(packets.Select(packet => packet.Length));
        Tcpdump.AssertChecksums(frames);
    }

    [Theory]
    [InlineData(12, 34, 16)]
    [InlineData(12 + 50, 34, 16)]
    [InlineData(12 + 51, 34, 16)]
    [InlineData(12 + 52, 34, 16)]
    [InlineData(12 + 100, 99, 0)]
    [InlineData(12 + 100, 65535, 65535)]
    public void A_checksum_that_lies_behind_the_first_fragment_is_not_written(int firstPiece, int start, int offset)
    {
        (NetmapClient a, NetmapClient b) = Pair();
        Packet packet = new() { Payload = 300 };
        byte[] bytes = packet.ToBytes();
        byte[] header = packet.Header();
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)start);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)offset);

        SendPieces(a, [.. header, .. bytes], firstPiece);
        byte[] frame = [.. ReceiveSlots(b).SelectMany(slot => slot.Data)];

        int field = start + offset;
        int firstBytes = firstPiece == 12 ? bytes.Length : firstPiece - 12;
        if (field + 2 <= firstBytes)
        {
            frame[..field].Should().Equal(bytes[..field]);
            frame[field..(field + 2)].Should().NotEqual(bytes[field..(field + 2)]);
            frame[(field + 2)..].Should().Equal(bytes[(field + 2)..]);
        }
        else
        {
            frame.Should().Equal(bytes);
        }
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(0x81, 0)]
    [InlineData(0, 2)]
    [InlineData(0, 5)]
    [InlineData(1, 4)]
    [InlineData(1, 3)]
    [InlineData(1, 0x83)]
    public void Headers_that_ask_for_something_else_drop_the_packet(int flags, int gso)
    {
        (NetmapClient a, NetmapClient b) = Pair();
        NetmapClient same = OpenPort("c", 12);
        Packet packet = new() { Payload = 100, Destination = Frames.Broadcast };
        byte[] bytes = packet.ToBytes();

        SendWhole(a, [.. packet.Header(flags, gso), .. bytes]);
        SendWhole(a, [.. packet.Header(2), .. bytes]);

        ReceiveSlots(b).Should().ContainSingle().Which.Data.Should().Equal(bytes);
        ReceiveSlots(same).Should().HaveCount(2, "who has a header does the work");
    }

    [Fact]
    public void Headers_have_to_be_in_the_fragment_with_the_frame()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        Packet packet = new() { Payload = 3000 };
        byte[] bytes = [.. packet.Header(gso: 1), .. packet.ToBytes()];

        SendPieces(a, bytes, 12 + 53, 2000);
        ReceiveSlots(b).Should().BeEmpty();
        SendPieces(a, bytes, 12 + 54, 2000);
        ReceiveSlots(b).Should().HaveCount(3);
        SendPieces(a, bytes, 12, 53, 2000);
        ReceiveSlots(b).Should().BeEmpty();
        SendPieces(a, bytes, 12, 54, 2000);
        Tcpdump.AssertChecksums([.. ReceiveSlots(b).Select(slot => slot.Data)]);
    }

    [Fact]
    public void A_packet_that_needs_no_splitting_still_gets_its_checksums()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        Packet empty = new() { Payload = 0 };
        Packet full = new() { Payload = 1460 };

        SendWhole(a, [.. empty.Header(gso: 1), .. empty.ToBytes()]);
        SendWhole(a, [.. full.Header(gso: 1), .. full.ToBytes()]);
        byte[][] frames = [.. ReceiveSlots(b).Select(slot => slot.Data)];

        frames.Select(frame => frame.Length).Should().Equal(54, 1514);
        Tcpdump.AssertChecksums(frames);
    }

    [Fact]
    public void A_packet_whose_segments_do_not_all_fit_is_dropped()
    {
        NetmapClient a = OpenPort("a", 12);
        NetmapClient b = OpenPort("b", 0, slots: 8);
        Packet packet = new() { Payload = 4 * 1460 };
        byte[] bytes = [.. packet.Header(gso: 1), .. packet.ToBytes()];

        SendWhole(a, bytes);
        SendWhole(a, bytes);
        ReceiveSlots(b).Should().HaveCount(4);
        SendWhole(a, bytes);
        ReceiveSlots(b).Should().HaveCount(4);
    }

    [Fact]
    public void Segments_are_longer_for_a_port_that_ever_had_a_header()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        SetHeader("vale0:b", 10).Should().Be(0);
        SetHeader("vale0:b", 0).Should().Be(0);
        Packet packet = new() { Payload = 5000 };

        SendWhole(a, [.. packet.Header(gso: 1), .. packet.ToBytes()]);
        byte[][] segments = [.. ReceiveSlots(b).Select(slot => slot.Data)];

        segments.Select(segment => segment.Length).Should().Equal(2048, 2048, 54 + 5000 - (2 * 1994));
        Tcpdump.AssertChecksums(segments);
    }

    [Fact]
    public void The_work_allocates_nothing()
    {
        using DirectDevice direct = new();
        using NetmapClient a = direct.Open().Register("vale0:a", new NmreqRegister { Flags = RegisterFlags.AcceptVnetHeader });
        using NetmapClient b = direct.Open().Register("vale0:b");
        using NetmapClient control = direct.Open();
        NmreqPortHeader body = new() { HeaderLength = 12 };
        control.Control(RequestType.PortHeaderSet, "vale0:a", ref body).Should().Be(0);
        Packet packet = new() { Payload = 1900 };
        byte[] large = [.. packet.Header(gso: 1), .. packet.ToBytes()];
        byte[] small = [.. packet.Header(), .. packet.ToBytes()];
        uint warm = Exchange(a, b, large, small);

        long before = GC.GetAllocatedBytesForCurrentThread();
        uint received = Exchange(a, b, large, small);
        long after = GC.GetAllocatedBytesForCurrentThread();

        received.Should().Be(warm).And.Be(3 * 2000);
        (after - before).Should().Be(0);

        static uint Exchange(NetmapClient a, NetmapClient b, byte[] large, byte[] small)
        {
            uint received = 0;
            for (int i = 0; i < 2000; i++)
            {
                a.Tx.Put(large);
                a.Tx.Put(small);
                a.TxSync();
                b.RxSync();
                received += b.Rx.Ready;
                b.Rx.Advance(b.Rx.Ready);
            }

            return received;
        }
    }

    private (NetmapClient A, NetmapClient B) Pair() => (OpenPort("a", 12), OpenPort("b", 0));
}

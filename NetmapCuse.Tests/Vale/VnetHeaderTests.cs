using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>Ports with virtio-net headers: reference/netmap-behaviour.md section 11, with clients on a real mount.</summary>
[Collection(MountTests.Name)]
public sealed class VnetHeaderTests(AnyDevice device) : VnetTest(device), IClassFixture<AnyDevice>
{
    [Theory]
    [InlineData("vale0:a", 0, Errno.Ok)]
    [InlineData("vale0:a", 10, Errno.Ok)]
    [InlineData("vale0:a", 12, Errno.Ok)]
    [InlineData("vale0:a", 11, Errno.Inval)]
    [InlineData("nothing0", 13, Errno.Inval)]
    [InlineData("nothing0", 12, Errno.NxIo)]
    [InlineData("vale0:b", 12, Errno.NxIo)]
    [InlineData("vale0:a{x", 12, Errno.NxIo)]
    [InlineData("vale0:a{y", 12, Errno.NxIo)]
    [InlineData(TestInterfaces.Only, 12, Errno.NxIo)]
    [InlineData("", 0, Errno.NxIo)]
    public void Setting_the_length(string name, uint length, int errno)
    {
        Open().Register("vale0:a");
        Open().Register("vale0:a{x");

        SetHeader(name, length).Should().Be(errno);
    }

    [Fact]
    public void The_length_is_told_and_lives_as_long_as_the_port()
    {
        NetmapClient first = OpenPort("a", 10);
        NmreqPortHeader body = default;

        Open().Control(RequestType.PortHeaderGet, "vale0:a", ref body).Should().Be(0);
        body.HeaderLength.Should().Be(10);
        Open().TryRegister("vale0:a").Should().Be(Errno.Io);
        Open().TryRegister("vale0:a", new NmreqRegister { Flags = RegisterFlags.AcceptVnetHeader }).Should().Be(0);
        SetHeader("vale0:a", 0).Should().Be(0);
        NetmapClient last = Open().Register("vale0:a");
        SetHeader("vale0:a", 12).Should().Be(0);
        foreach (NetmapClient client in (NetmapClient[])[first, last])
        {
            client.Dispose();
        }

        Dispose();
        Open().TryRegister("vale0:a").Should().Be(0, "that is a new port");
    }

    [Fact]
    public void Legacy_commands_do_the_same()
    {
        Open().Register("vale0:a");
        Nmreq set = new() { Version = 14, Command = LegacyCommand.BridgeVnetHeader, Arg1 = 12 };
        WireName.Write(set.Name, "vale0:a");
        Nmreq bad = set with { Arg1 = 14 };
        Nmreq get = set with { Command = LegacyCommand.VnetHeaderGet, Arg1 = 0 };
        NetmapClient client = Open();

        client.Legacy(NetmapApi.NiocRegIf, ref bad).Should().Be(Errno.Inval);
        client.Legacy(NetmapApi.NiocRegIf, ref set).Should().Be(0);
        client.Legacy(NetmapApi.NiocRegIf, ref get).Should().Be(0);
        get.Arg1.Should().Be(12);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 10)]
    [InlineData(0, 12)]
    [InlineData(10, 0)]
    [InlineData(10, 10)]
    [InlineData(10, 12)]
    [InlineData(12, 0)]
    [InlineData(12, 10)]
    [InlineData(12, 12)]
    public void Frames_between_all_lengths(int source, int destination)
    {
        NetmapClient a = OpenPort("a", source);
        NetmapClient b = OpenPort("b", destination);
        byte[] header = [2, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        byte[] kept = source == 0 || destination == 0 ? new byte[12]
            : source == 12 && destination == 12 ? header
            : [.. header[..10], 0, 0];
        byte[] shortFrame = Frames.Make(Frames.Broadcast, A, 14);
        byte[] frame = Frames.Make(B, A, 1514, seed: 1);
        for (uint i = 0; i < 2; i++)
        {
            b.Rx.Buffer(b.Rx.Slot(i).BufferIndex).Fill(0xee);
        }

        a.Send([.. header[..source], .. shortFrame], [.. header[..source], .. frame]);
        List<(byte[] Data, SlotFlags Flags)> slots = ReceiveSlots(b);

        slots.Select(slot => slot.Data).Should().BeEquivalentTo(
            (byte[][])[[.. kept[..destination], .. shortFrame], [.. kept[..destination], .. frame]],
            options => options.WithStrictOrdering());
        slots.Should().AllSatisfy(slot => slot.Flags.Should().Be(SlotFlags.OneFragment));
    }

    [Theory]
    [InlineData(12, 0, new[] { 1000, 500, 14 }, 1)]
    [InlineData(12, 10, new[] { 10, 1000, 500, 14 }, 0)]
    [InlineData(10, 12, new[] { 12, 1000, 500, 14 }, 0)]
    [InlineData(12, 12, new[] { 12, 1000, 500, 14 }, 0)]
    public void A_header_in_a_slot_of_its_own(int source, int destination, int[] lengths, int frameAt)
    {
        NetmapClient a = OpenPort("a", source);
        NetmapClient b = OpenPort("b", destination);
        byte[] frame = Frames.Make(B, A, 1514, seed: 2);

        SendPieces(a, [.. new byte[source], .. frame], source, 1000, 500);
        List<(byte[] Data, SlotFlags Flags)> slots = ReceiveSlots(b);

        slots.Select(slot => slot.Data.Length).Should().Equal(lengths);
        slots.SelectMany(slot => slot.Data).Skip(frameAt == 1 ? 0 : destination).Should().Equal(frame);
        SlotFlags count = (SlotFlags)(lengths.Length << 8);
        slots.Select(slot => slot.Flags).Should().Equal(
            [.. Enumerable.Repeat(count | SlotFlags.MoreFragments, lengths.Length - 1), count]);
    }

    [Theory]
    [InlineData(10, new[] { 10 + 13 })]
    [InlineData(12, new[] { 12 })]
    [InlineData(12, new[] { 12, 13 })]
    [InlineData(12, new[] { 10, 2 + 14 })]
    [InlineData(12, new[] { 12 + 13, 100 })]
    [InlineData(12, new[] { 0, 12 + 14 })]
    public void Frames_of_less_than_fourteen_bytes_and_split_headers_are_dropped(int header, int[] lengths)
    {
        NetmapClient a = OpenPort("a", header);
        NetmapClient same = OpenPort("b", header);
        NetmapClient none = OpenPort("c", 0);

        SendPieces(a, new byte[lengths.Sum()], lengths[..^1]);

        ReceiveSlots(same).Should().BeEmpty();
        ReceiveSlots(none).Should().BeEmpty();
    }

    [Fact]
    public void Addresses_are_those_behind_the_header()
    {
        NetmapClient a = OpenPort("a", 12);
        NetmapClient b = OpenPort("b", 0);
        NetmapClient c = OpenPort("c", 0);
        a.Send([.. new byte[12], .. Frames.Make(Frames.Broadcast, A)]);
        ReceiveSlots(b).Should().ContainSingle();
        ReceiveSlots(c).Should().ContainSingle();

        b.Send(Frames.Make(A, B));

        ReceiveSlots(a).Should().ContainSingle().Which.Data.Should().Equal([.. new byte[12], .. Frames.Make(A, B)]);
        ReceiveSlots(c).Should().BeEmpty();
    }

    [Fact]
    public void A_fragment_that_grows_beyond_a_buffer_takes_two()
    {
        NetmapClient a = OpenPort("a", 0);
        NetmapClient b = OpenPort("b", 12);
        byte[] packet = Frames.Make(B, A, 2048 + 100, seed: 3);

        SendWhole(a, packet);
        List<(byte[] Data, SlotFlags Flags)> slots = ReceiveSlots(b);

        slots.Select(slot => slot.Data.Length).Should().Equal(2048, 12, 100);
        slots.SelectMany(slot => slot.Data).Should().Equal([.. new byte[12], .. packet]);
        slots.Select(slot => (int)slot.Flags >> 8).Should().Equal(3, 3, 3);
    }

    [Fact]
    public void More_than_64_slots_are_too_many_also_when_they_become_so_here()
    {
        NetmapClient a = OpenPort("a", 0);
        NetmapClient b = OpenPort("b", 12);
        NetmapClient c = OpenPort("c", 0);
        byte[] packet = Frames.Make(Frames.Broadcast, A, 2048 * 64, seed: 3);

        SendWhole(a, packet);

        ReceiveSlots(b).Should().BeEmpty();
        ReceiveSlots(c).Should().HaveCount(64);
    }

    [Fact]
    public void What_does_not_fit_is_dropped_from_the_first_such_packet_on()
    {
        NetmapClient a = OpenPort("a", 0, slots: 64);
        NetmapClient b = OpenPort("b", 12, slots: 8);
        byte[] large = Frames.Make(B, A, 2048 * 4, seed: 4);
        SendWhole(a, large[..2000]);
        SendWhole(a, large);

        a.Tx.Put(large.AsSpan(0, 2048), SlotFlags.MoreFragments);
        a.Tx.Put(large.AsSpan(2048, 60));
        a.Tx.Put(large.AsSpan(0, 60));
        a.TxSync().Should().Be(0);

        ReceiveSlots(b).Select(slot => slot.Data.Length).Should().Equal(2012, 2048, 12, 2048, 2048, 2048);
    }
}

using System.Runtime.InteropServices;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>Frames over a switch: reference/netmap-behaviour.md sections 9 and 10.1, with clients on a real mount.</summary>
[Collection(MountTests.Name)]
public sealed class SwitchTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    private const int A = 1;
    private const int B = 2;
    private const int C = 3;

    [Fact]
    public void Unknown_stations_are_flooded_and_known_ones_are_not()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        byte[] first = Frames.Make(B, A, 60, seed: 1);
        byte[] answer = Frames.Make(A, B, 1514, seed: 2);
        byte[] second = Frames.Make(B, A, 333, seed: 3);

        a.Send(first);
        b.Receive().Should().BeEquivalentTo([first]);
        c.Receive().Should().BeEquivalentTo([first]);
        b.Send(answer);
        a.Receive().Should().BeEquivalentTo([answer]);
        a.Send(second);

        b.Receive().Should().BeEquivalentTo([second]);
        c.Receive().Should().BeEmpty();
        a.Receive().Should().BeEmpty();
    }

    [Fact]
    public void Broadcast_and_multicast_go_to_all_others_known_or_not()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        byte[] multicast = Frames.Make(B, A);
        multicast[0] |= 1;
        b.Send(Frames.Make(Frames.Broadcast, B));
        Drain(a, c);

        a.Send(Frames.Make(Frames.Broadcast, A), multicast);

        b.Receive().Should().HaveCount(2);
        c.Receive().Should().HaveCount(2);
        a.Receive().Should().BeEmpty();
    }

    [Fact]
    public void A_frame_to_its_own_port_goes_nowhere()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        a.Send(Frames.Make(Frames.Broadcast, A));
        Drain(b, c);

        a.Send(Frames.Make(A, A));

        Received(a, b, c).Should().Equal(0, 0, 0);
        Counters("vale0:a").Tx.NoDestination.Should().Be(1);
    }

    [Fact]
    public void A_station_that_moves_is_found_at_its_new_port_at_once()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        foreach (NetmapClient home in (NetmapClient[])[b, c, b])
        {
            home.Send(Frames.Make(Frames.Broadcast, 9));
            Drain(a, b, c);

            a.Send(Frames.Make(9, A));

            Received(a, b, c).Should().Equal(0, home == b ? 1 : 0, home == c ? 1 : 0);
        }
    }

    [Fact]
    public void Stations_of_a_port_that_left_are_flooded_again()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        c.Send(Frames.Make(Frames.Broadcast, C));
        Drain(a, b);

        c.Dispose();
        NetmapClient d = Open().Register("vale0:d");
        a.Send(Frames.Make(C, A));

        Received(b, d).Should().Equal(1, 1);
    }

    [Fact]
    public void The_address_zero_is_nobodys_until_it_is_seen()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        byte[] frame = Frames.Make(0, B);
        frame.AsSpan(0, 6).Clear();

        b.Send(frame);

        Received(a, c).Should().Equal(1, 1);
    }

    [Fact]
    public void No_learn_is_honoured()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        a.Tx.Put(Frames.Make(Frames.Broadcast, A), SlotFlags.NoLearn);
        a.TxSync().Should().Be(0);
        Drain(b, c);

        b.Send(Frames.Make(A, B));

        Received(a, c).Should().Equal(1, 1);
    }

    [Fact]
    public void A_frame_that_may_be_learnt_is_learnt_behind_one_that_may_not()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        a.Tx.Put(Frames.Make(Frames.Broadcast, A), SlotFlags.NoLearn);
        a.Tx.Put(Frames.Make(Frames.Broadcast, A));
        a.TxSync().Should().Be(0);
        Drain(b, c);

        b.Send(Frames.Make(A, B));

        Received(a, c).Should().Equal(1, 0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(13, 0)]
    [InlineData(14, 1)]
    [InlineData(2048, 1)]
    [InlineData(2049, 0)]
    [InlineData(65535, 0)]
    public void Lengths_from_an_ethernet_header_to_a_buffer_travel(int length, int received)
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        a.Tx.Put(Frames.Make(Frames.Broadcast, A, Math.Clamp(length, 14, 2048)));
        a.Tx.Slot(0).Length = (ushort)length;

        a.TxSync().Should().Be(0);

        List<byte[]> frames = b.Receive();
        frames.Should().HaveCount(received);
        frames.All(frame => frame.Length == length).Should().BeTrue();
        a.Tx.Tail.Should().Be(0, "the slot is consumed whatever it held");
        Counters("vale0:a").Tx.BadSlot.Should().Be((ulong)(1 - received));
    }

    [Fact]
    public void A_frame_arrives_with_a_fragment_count_of_one_and_no_other_flag()
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        b.Rx.Slot(0).Pointer = 0x1122_3344;
        uint buffer = b.Rx.Slot(0).BufferIndex;
        a.Tx.Put(Frames.Make(B, A), (SlotFlags)0xff07 | SlotFlags.TxMonitored);

        a.TxSync().Should().Be(0);
        b.RxSync().Should().Be(0);

        b.Rx.Slot(0).Flags.Should().Be(SlotFlags.OneFragment);
        b.Rx.Slot(0).Pointer.Should().Be(0x1122_3344);
        b.Rx.Slot(0).BufferIndex.Should().Be(buffer);
    }

    [Fact]
    public void Sending_consumes_everything()
    {
        NetmapClient a = Open().Register("vale0:a", new NmreqRegister { TxSlots = 16 });
        for (int round = 0; round < 5; round++)
        {
            uint ready = a.Tx.Ready;
            ready.Should().Be(15);
            while (a.Tx.Ready != 0)
            {
                a.Tx.Put(Frames.Make(Frames.Broadcast, A));
            }

            a.TxSync().Should().Be(0);
            a.Tx.Tail.Should().Be((a.Tx.Head + 15) % 16);
        }
    }

    [Fact]
    public void A_changed_buffer_is_sent_and_its_mark_is_cleared()
    {
        NetmapClient a = Open().Register("vale0:a", new NmreqRegister { ExtraBuffers = 2 });
        NetmapClient b = Open().Register("vale0:b");
        uint extra = a.ExtraBuffers()[0];
        byte[] frame = Frames.Make(B, A, 700, seed: 8);
        frame.CopyTo(a.Tx.Buffer(extra));
        a.Tx.Slot(0) = new NetmapSlot { BufferIndex = extra, Length = 700, Flags = SlotFlags.BufferChanged };
        a.Tx.Advance(1);

        a.TxSync().Should().Be(0);

        b.Receive().Should().BeEquivalentTo([frame]);
        a.Tx.Slot(0).Flags.Should().Be(SlotFlags.None);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0xffff_ffffu)]
    [InlineData(20482u)]
    public void A_bad_index_sends_zeros(uint index)
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        a.Tx.Put(Frames.Make(B, A), SlotFlags.MoreFragments);
        a.Tx.Put(Frames.Make(B, A));
        a.Tx.Slot(1).BufferIndex = index;

        a.TxSync().Should().Be(0);

        b.Receive()[1].Should().Equal(new byte[60]);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(64, 1)]
    [InlineData(65, 0)]
    [InlineData(200, 0)]
    public void Fragments_arrive_as_one_packet_up_to_64(int count, int received)
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        byte[] tail = Frames.Make(B, A, 99);
        PutFragments(a, count);
        a.Tx.Put(tail);

        a.TxSync().Should().Be(0);
        b.RxSync().Should().Be(0);

        b.Rx.Ready.Should().Be((uint)((received * count) + 1));
        for (int i = 0; i < count * received; i++)
        {
            SlotFlags more = i + 1 < count ? SlotFlags.MoreFragments : SlotFlags.None;
            (byte[] data, SlotFlags flags) = b.Rx.Take();
            flags.Should().Be((SlotFlags)(count << 8) | more);
            data.Should().Equal(i == 0 ? Frames.Make(B, A) : Fragment(i));
        }

        b.Rx.Take().Data.Should().Equal(tail);
        Counters("vale0:a").Tx.BadSlot.Should().Be((ulong)(1 - received));
    }

    [Fact]
    public void Only_the_first_fragment_needs_a_header_and_later_ones_may_be_empty()
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        a.Tx.Put(Frames.Make(B, A, 14), SlotFlags.MoreFragments);
        a.Tx.Put([], SlotFlags.MoreFragments);
        a.Tx.Put([1], SlotFlags.None);
        a.Tx.Put(Frames.Make(B, A, 13), SlotFlags.MoreFragments);
        a.Tx.Put(Frames.Make(B, A, 60), SlotFlags.None);

        a.TxSync().Should().Be(0);

        b.Receive().Select(frame => frame.Length).Should().Equal(14, 0, 1);
    }

    [Fact]
    public void A_packet_that_head_cuts_is_sent_as_far_as_it_goes()
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        a.Tx.Put(Frames.Make(B, A), SlotFlags.MoreFragments);
        a.Tx.Put([1, 2], SlotFlags.MoreFragments);

        a.TxSync().Should().Be(0);
        b.RxSync().Should().Be(0);

        b.Rx.Take().Flags.Should().Be((SlotFlags)0x0220);
        b.Rx.Take().Flags.Should().Be((SlotFlags)0x0200);
        a.Tx.Tail.Should().Be(1);
    }

    [Fact]
    public void A_bad_fragment_takes_its_packet_with_it()
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        a.Tx.Put(Frames.Make(B, A), SlotFlags.MoreFragments);
        a.Tx.Put([1, 2]);
        a.Tx.Slot(1).Length = 3000;
        a.Tx.Put(Frames.Make(B, A));

        a.TxSync().Should().Be(0);

        b.Receive().Should().HaveCount(1);
    }

    [Fact]
    public unsafe void Indirect_buffers_are_read_from_the_senders_memory()
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        byte[] frame = Frames.Make(B, A, 1001, seed: 5);
        byte* memory = (byte*)NativeMemory.Alloc(2000);
        frame.CopyTo(new Span<byte>(memory + 13, 1001));
        PutIndirect(a, (ulong)(memory + 13), 1001, SlotFlags.None);
        PutIndirect(a, (ulong)(memory + 13), 500, SlotFlags.MoreFragments);
        PutIndirect(a, (ulong)(memory + 513), 501, SlotFlags.None);

        a.TxSync().Should().Be(0);

        List<byte[]> received = b.Receive();
        received[0].Should().Equal(frame);
        received[1].Concat(received[2]).Should().Equal(frame);
        NativeMemory.Free(memory);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(8UL)]
    [InlineData(0xffff_ffff_ffff_0000UL)]
    public void Indirect_slots_that_point_nowhere_are_dropped(ulong address)
    {
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        PutIndirect(a, address, 60, SlotFlags.None);
        a.Tx.Put(Frames.Make(B, A));

        a.TxSync().Should().Be(0);

        b.Receive().Should().HaveCount(1);
    }

    [Fact]
    public unsafe void What_could_not_be_read_brings_nothing_of_earlier_frames()
    {
        const byte Secret = 0x5e;
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        byte* memory = (byte*)NativeMemory.Alloc(2000);
        Frames.Make(B, A, 1000).CopyTo(new Span<byte>(memory, 1000));
        new Span<byte>(memory + 1000, 1000).Fill(Secret);
        PutIndirect(a, (ulong)memory, 60, SlotFlags.MoreFragments);
        PutIndirect(a, (ulong)(memory + 1000), 1000, SlotFlags.None);
        a.TxSync().Should().Be(0);
        b.Receive().Should().HaveCount(2);
        PutIndirect(a, (ulong)memory, 60, SlotFlags.MoreFragments);
        PutIndirect(a, 8, 60, SlotFlags.None);

        a.TxSync().Should().Be(0);
        b.RxSync().Should().Be(0);

        b.Rx.Take().Data.Should().HaveCount(60);
        NetmapSlot empty = b.Rx.Slot(b.Rx.Head);
        empty.Length.Should().Be(0);
        b.Rx.Buffer(empty.BufferIndex).ContainsAnyExcept((byte)0).Should().BeFalse();
        NativeMemory.Free(memory);
    }

    [Fact]
    public unsafe void Exactly_the_length_is_read_and_what_ends_too_early_is_empty()
    {
        const int Page = 4096;
        (NetmapClient a, NetmapClient b, NetmapClient _) = Three();
        using Core.Interop.Fd file = Client.MemFd(2 * Page);
        byte* pages = Client.Map(file, 2 * Page);
        Client.Unmap(pages + Page, Page);
        byte[] frame = Frames.Make(B, A, 61);
        frame.CopyTo(new Span<byte>(pages + Page - 61, 61));
        PutIndirect(a, (ulong)(pages + Page - 61), 61, SlotFlags.None);
        PutIndirect(a, (ulong)(pages + Page - 61), 62, SlotFlags.None);
        PutIndirect(a, (ulong)(pages + Page - 10), 60, SlotFlags.None);

        a.TxSync().Should().Be(0);

        List<byte[]> received = b.Receive();
        received[0].Should().Equal(frame);
        received.Select(data => data.Length).Should().Equal(61, 0);
        Client.Unmap(pages, Page);
    }

    [Fact]
    public void Unicast_goes_to_the_ring_of_the_senders_ring_and_floods_to_ring_0()
    {
        NetmapClient a = Open().Register("vale0:a", new NmreqRegister { TxRings = 8, RxRings = 1 });
        NetmapClient b = Open().Register("vale0:b", new NmreqRegister { TxRings = 1, RxRings = 3 });
        b.Send(Frames.Make(Frames.Broadcast, B));
        a.Receive();
        for (int ring = 0; ring < 8; ring++)
        {
            a.TxRings[ring]!.Put(Frames.Make(B, A, 60 + ring));
            a.TxRings[ring]!.Put(Frames.Make(Frames.Broadcast, A, 100 + ring));
        }

        a.TxSync().Should().Be(0);

        b.RxSync().Should().Be(0);
        Lengths(b, 0).Should().Equal(60, 100, 101, 102, 63, 103, 104, 105, 66, 106, 107);
        Lengths(b, 1).Should().Equal(61, 64, 67);
        Lengths(b, 2).Should().Equal(62, 65);
    }

    [Fact]
    public void Flooded_and_unicast_frames_of_a_batch_keep_their_order_and_come_once()
    {
        (NetmapClient a, NetmapClient b, NetmapClient c) = Three();
        b.Send(Frames.Make(Frames.Broadcast, B));
        Drain(a, c);
        int[] destinations = [B, Frames.Broadcast, B, B, Frames.Broadcast, 77, B, Frames.Broadcast];

        a.Send([.. destinations.Select((to, i) => Frames.Make(to, A, 60 + i))]);

        b.Receive().Select(frame => frame.Length - 60).Should().Equal(0, 1, 2, 3, 4, 5, 6, 7);
        c.Receive().Select(frame => frame.Length - 60).Should().Equal(1, 4, 5, 7);
    }

    [Fact]
    public void A_full_receiver_loses_the_last_frames_and_counts_them()
    {
        NetmapClient a = Open().Register("vale0:a", new NmreqRegister { TxSlots = 64 });
        NetmapClient b = Open().Register("vale0:b", new NmreqRegister { RxSlots = 16 });

        a.Send([.. Enumerable.Range(0, 40).Select(i => Frames.Make(B, A, 60 + i))]);

        b.Receive().Select(frame => frame.Length).Should().Equal(Enumerable.Range(60, 15));
        Counters("vale0:b").Rx.NoRoom.Should().Be(25);
        Counters("vale0:b").Rx.Frames.Should().Be(15);
        Counters("vale0:a").Tx.Frames.Should().Be(40);
        a.Send([.. Enumerable.Range(0, 15).Select(i => Frames.Make(B, A))]);
        b.Receive().Should().HaveCount(15);
    }

    [Fact]
    public void A_packet_without_room_for_all_its_fragments_ends_the_batch()
    {
        NetmapClient a = Open().Register("vale0:a");
        NetmapClient b = Open().Register("vale0:b", new NmreqRegister { RxSlots = 16 });
        a.Send([.. Enumerable.Range(0, 10).Select(i => Frames.Make(B, A))]);
        PutFragments(a, 6);
        a.Tx.Put(Frames.Make(B, A));

        a.TxSync().Should().Be(0);

        b.Receive().Should().HaveCount(10);
        Counters("vale0:b").Rx.NoRoom.Should().Be(2);
    }

    [Fact]
    public void Batches_longer_than_the_forwarders_are_sent_whole()
    {
        NetmapClient a = Open().Register("vale0:a", new NmreqRegister { TxSlots = 4096 });
        NetmapClient b = Open().Register("vale0:b", new NmreqRegister { RxSlots = 4096 });

        a.Send([.. Enumerable.Range(0, 4095).Select(i => Frames.Make(B, A, 60 + (i % 50)))]);

        b.Receive().Select((frame, i) => frame.Length - 60 - (i % 50)).Should().HaveCount(4095).And
            .OnlyContain(difference => difference == 0);
    }

    [Theory]
    [InlineData(0x2000u)]
    [InlineData(0x4000u)]
    public void A_port_that_only_sends_receives_nothing_and_does_no_harm(uint flags)
    {
        NetmapClient a = Open().Register("vale0:a");
        NetmapClient b = Open().Register("vale0:b", new NmreqRegister { Flags = (RegisterFlags)flags });

        a.Send(Frames.Make(Frames.Broadcast, A));

        b.RxSync().Should().Be(0);
        (b.RxRings[0]?.Ready ?? 0).Should().Be(flags == 0x2000 ? 1u : 0);
    }

    [Fact]
    public void A_switch_has_room_for_254_ports()
    {
        NmreqRegister small = new() { TxSlots = 16, RxSlots = 16 };
        NetmapClient[] ports = [.. Enumerable.Range(0, 254).Select(i => Open().Register($"vale0:{i}", small))];

        NetmapClient oneMore = Open();
        oneMore.TryRegister("vale0:more", small).Should().Be(Errno.NoMem);
        ports[7].Send(Frames.Make(Frames.Broadcast, A));

        ports.Where((_, i) => i != 7).Should().AllSatisfy(port => port.Receive().Should().HaveCount(1));
        NmreqValeList list = default;
        ports[0].Control(RequestType.ValeList, "vale0:253", ref list).Should().Be(0);
        list.PortIndex.Should().Be(253);
        ports[100].Dispose();
        oneMore.Register("vale0:more", small);
        ports[0].Control(RequestType.ValeList, "vale0:more", ref list).Should().Be(0);
        list.PortIndex.Should().Be(100, "the index that was freed last is used first");
    }

    [Fact]
    public void There_are_eight_switches()
    {
        NetmapClient[] ports = [.. Enumerable.Range(0, 8).Select(i => Open().Register($"vale{i}:a"))];
        NetmapClient ninth = Open();

        ninth.TryRegister("vale8:a").Should().Be(Errno.NoMem);
        ports[3].Dispose();
        ninth.TryRegister("vale8:a").Should().Be(0);

        NmreqValeList list = default;
        ninth.Control(RequestType.ValeList, "vale8:a", ref list).Should().Be(0);
        list.BridgeIndex.Should().Be(3);
    }

    [Fact]
    public void Switches_are_apart()
    {
        NetmapClient a = Open().Register("vale0:a");
        NetmapClient b = Open().Register("vale1:a");

        a.Send(Frames.Make(Frames.Broadcast, A));

        b.Receive().Should().BeEmpty();
    }

    [Fact]
    public void The_list_goes_over_all_switches_and_ports()
    {
        NetmapClient client = Open().Register("vale0:a");
        Open().Register("vale0:b");
        Open().Register("vale7:x{1");
        NmreqHeader header = new() { Version = NetmapApi.Version, RequestType = RequestType.ValeList };
        List<string> names = [];
        NmreqValeList body = default;
        while (ListNext(client, ref header, ref body) == 0)
        {
            names.Add(WireName.Read(header.Name));
            body.PortIndex++;
            WireName.Write(header.Name, "");
        }

        names.Should().Equal("vale0:a", "vale0:b", "vale7:x");
        client.Control(RequestType.ValeList, "vale0:nobody", ref body).Should().Be(0);
        body.PortIndex.Should().Be(255);
    }

    private static unsafe int ListNext(NetmapClient client, ref NmreqHeader header, ref NmreqValeList body)
    {
        fixed (NmreqValeList* address = &body)
        {
            header.Body = (ulong)address;
            return client.Control(ref header);
        }
    }

    private static void PutFragments(NetmapClient client, int count)
    {
        for (int i = 0; i < count; i++)
        {
            client.Tx.Put(
                i == 0 ? Frames.Make(B, A) : Fragment(i), i + 1 < count ? SlotFlags.MoreFragments : SlotFlags.None);
        }
    }

    private static byte[] Fragment(int i) => [(byte)i, (byte)(i + 1), (byte)(i + 2)];

    private static void PutIndirect(NetmapClient client, ulong address, int length, SlotFlags flags)
    {
        client.Tx.Slot(client.Tx.Head) = client.Tx.Slot(client.Tx.Head) with
        {
            Pointer = address,
            Length = (ushort)length,
            Flags = flags | SlotFlags.Indirect,
        };
        client.Tx.Advance(1);
    }

    private static void Drain(params NetmapClient[] clients) => _ = Received(clients);

    private static int[] Received(params NetmapClient[] clients) =>
        [.. clients.Select(client => client.Receive().Count)];

    private static int[] Lengths(NetmapClient client, int ring) =>
        [.. client.RxRings[ring]!.TakeAll().Select(frame => frame.Length)];

    private (NetmapClient A, NetmapClient B, NetmapClient C) Three() =>
        (Open().Register("vale0:a"), Open().Register("vale0:b"), Open().Register("vale0:c"));

    private (RingCounters Tx, RingCounters Rx) Counters(string name) =>
        Device.Device.Plane.Inspect(ports => ports.Ports.First(port => port.Name == name).Totals());
}

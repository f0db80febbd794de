using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Pipes;

/// <summary>reference/netmap-behaviour.md section 12, with clients on a real mount.</summary>
[Collection(MountTests.Name)]
public sealed class PipeTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    private static readonly NmreqRegister s_small = new() { TxSlots = 16, RxSlots = 16 };

    [Theory]
    [InlineData("vale0:a", "1")]
    [InlineData("vale0:a", "a name with spaces")]
    [InlineData("nothing0", "x")]
    [InlineData("vale0:a}b", "c")]
    [InlineData("a23456789012345", "x")]
    public void Frames_go_both_ways(string parent, string id)
    {
        NetmapClient master = Open().Register($"{parent}{{{id}", s_small);
        NetmapClient slave = Open().Register($"{parent}}}{id}");
        byte[] there = Frames.Make(1, 2, 60, seed: 1);
        byte[] back = Frames.Make(2, 1, 1514, seed: 2);

        master.Send(there);
        slave.Receive().Should().BeEquivalentTo([there]);
        slave.Send(back, there);
        master.Receive().Should().BeEquivalentTo([back, there]);
        slave.Reg.MemoryId.Should().Be(master.Reg.MemoryId);
    }

    [Fact]
    public void A_name_with_both_braces_is_a_master()
    {
        NetmapClient master = Open().Register("vale0:a{b}c", s_small);
        NetmapClient slave = Open().Register("vale0:a}b}c", s_small);

        slave.Send(Frames.Make(1, 2));

        master.Receive().Should().BeEmpty("one is pipe b}c of vale0:a, the other pipe c of vale0:a}b");
    }

    [Fact]
    public void The_slave_has_the_masters_numbers_crossed_over()
    {
        NmreqRegister slave = Open().Register("vale0:a}1", new NmreqRegister
        {
            TxRings = 2,
            TxSlots = 100,
            RxRings = 3,
            RxSlots = 200,
        }).Reg;
        NmreqRegister master = Open().Register("vale0:a{1").Reg;

        (slave.TxRings, slave.TxSlots, slave.RxRings, slave.RxSlots).Should().Be(((ushort)3, 200u, (ushort)2, 100u));
        (master.TxRings, master.TxSlots, master.RxRings, master.RxSlots).Should().Be(((ushort)2, 100u, (ushort)3, 200u));
    }

    [Fact]
    public void Slots_are_the_parents_unless_the_request_says_otherwise()
    {
        Open().Register("vale0:a", new NmreqRegister { TxSlots = 50, RxSlots = 60 });

        NmreqRegister plain = Open().Register("vale0:a{1").Reg;
        NmreqRegister said = Open().Register("vale0:a{2", new NmreqRegister { TxSlots = 70 }).Reg;

        (plain.TxSlots, plain.RxSlots, plain.TxRings, plain.RxRings).Should().Be((50u, 60u, (ushort)1, (ushort)1));
        (said.TxSlots, said.RxSlots).Should().Be((70u, 60u));
    }

    [Fact]
    public void Ring_i_is_connected_to_ring_i()
    {
        NmreqRegister wide = s_small with { TxRings = 3, RxRings = 2 };
        NetmapClient master = Open().Register("vale0:a{1", wide);
        NetmapClient slave = Open().Register("vale0:a}1");
        for (int ring = 0; ring < 3; ring++)
        {
            master.TxRings[ring]!.Put(Frames.Make(1, 2, 100 + ring));
        }

        master.TxSync().Should().Be(0);
        slave.TxRings[1]!.Put(Frames.Make(1, 2, 200));
        slave.TxSync().Should().Be(0);

        Enumerable.Range(0, 3).Select(ring => slave.Receive(ring).Single().Length).Should().Equal(100, 101, 102);
        master.Receive(0).Should().BeEmpty();
        master.Receive(1).Single().Should().HaveCount(200);
    }

    [Fact]
    public void Slots_travel_whole_and_data_stays_where_it_is()
    {
        NetmapClient master = Open().Register("vale0:a{1", s_small);
        NetmapClient slave = Open().Register("vale0:a}1");
        slave.Rx.Buffers().Should().Equal(master.Tx.Buffers(), "both sides start with the same buffers");
        NetmapSlot sent = new()
        {
            BufferIndex = master.Tx.Slot(0).BufferIndex,
            Length = 5000,
            Flags = (SlotFlags)0x120f,
            Pointer = 0xdead_beef,
        };
        master.Tx.Slot(0) = sent;
        master.Tx.Advance(1);

        master.TxSync().Should().Be(0);
        slave.RxSync().Should().Be(0);

        slave.Rx.Slot(0).Should().Be(sent);
        master.Tx.Slot(0).Flags.Should().Be((SlotFlags)0x120e);
    }

    [Fact]
    public void A_buffer_that_the_reader_puts_in_goes_back_to_the_writer()
    {
        NetmapClient parent = Open().Register("vale0:a", new NmreqRegister { TxSlots = 16, RxSlots = 16, ExtraBuffers = 1 });
        NetmapClient master = Open().Register("vale0:a{1");
        NetmapClient slave = Open().Register("vale0:a}1");
        uint extra = parent.ExtraBuffers()[0];
        master.Send(Frames.Make(1, 2));
        slave.RxSync();
        uint came = slave.Rx.Slot(0).BufferIndex;
        slave.Rx.Slot(0) = slave.Rx.Slot(0) with { BufferIndex = extra, Flags = SlotFlags.BufferChanged };
        slave.Rx.Advance(1);

        slave.RxSync().Should().Be(0);

        (master.Tx.Slot(0).BufferIndex, master.Tx.Slot(0).Flags).Should().Be((extra, SlotFlags.BufferChanged));
        slave.Rx.Slot(0).Flags.Should().Be(SlotFlags.None);
        unsafe
        {
            parent.Interface->BuffersHead = came;
        }

        System.Runtime.InteropServices.MemoryMarshal.Write(parent.Tx.Buffer(came), 0u);
    }

    [Fact]
    public void A_full_pipe_keeps_everything_and_goes_on_when_read()
    {
        NetmapClient master = Open().Register("vale0:a{1", s_small);
        NetmapClient slave = Open().Register("vale0:a}1");
        for (int i = 0; i < 15; i++)
        {
            master.Tx.Put(Frames.Make(1, 2, 60 + i));
        }

        master.TxSync().Should().Be(0);
        master.Tx.Ready.Should().Be(0);
        master.TxSync().Should().Be(0);
        master.Tx.Ready.Should().Be(0);
        slave.RxSync();
        slave.Rx.Advance(4);
        slave.RxSync();
        master.Tx.Ready.Should().Be(0, "the writer sees space at its own next sync");
        master.TxSync();
        master.Tx.Ready.Should().Be(4);
        slave.Receive().Select(frame => frame.Length).Should().Equal(Enumerable.Range(64, 11));
    }

    [Fact]
    public void A_packet_that_is_not_complete_waits()
    {
        NetmapClient master = Open().Register("vale0:a{1", s_small);
        NetmapClient slave = Open().Register("vale0:a}1");
        master.Tx.Put([1], SlotFlags.None);
        master.Tx.Put([2], SlotFlags.MoreFragments);
        master.Tx.Put([3], SlotFlags.MoreFragments);
        master.TxSync().Should().Be(0);

        slave.Receive().Should().HaveCount(1);
        master.Tx.Put([4], SlotFlags.None);
        master.TxSync().Should().Be(0);

        slave.RxSync();
        slave.Rx.Ready.Should().Be(3);
        slave.Rx.Take().Flags.Should().Be(SlotFlags.MoreFragments, "no fragment count is added");
    }

    [Fact]
    public void A_lone_end_can_fill_the_pipe_and_the_other_finds_it()
    {
        NetmapClient master = Open().Register("vale0:a{1", s_small);
        for (int i = 0; i < 15; i++)
        {
            master.Tx.Put(Frames.Make(1, 2, 60 + i));
        }

        master.Poll(4, 20).Should().Be(0);
        NetmapClient slave = Open().Register("vale0:a}1");

        slave.Receive().Should().HaveCount(15);
    }

    [Fact]
    public void An_end_that_comes_back_goes_on_where_it_was()
    {
        NetmapClient master = Open().Register("vale0:a{1", s_small);
        NetmapClient slave = Open().Register("vale0:a}1");
        master.Send(Frames.Make(1, 2, 60), Frames.Make(1, 2, 61), Frames.Make(1, 2, 62));
        slave.RxSync();
        slave.Rx.Take();
        slave.RxSync();
        slave.Dispose();
        master.Send(Frames.Make(1, 2, 63));
        master.Poll(1 | 0x10).Should().Be(0, "there is no hang-up");

        NetmapClient again = Open().Register("vale0:a}1");

        (again.Rx.Head, again.Rx.Cur).Should().Be((1u, 1u));
        again.Receive().Select(frame => frame.Length).Should().Equal(61, 62, 63);
        master.Dispose();
        NetmapClient masterAgain = Open().Register("vale0:a{1");
        (masterAgain.Tx.Head, masterAgain.Tx.Cur).Should().Be((4u, 4u));
        masterAgain.Send(Frames.Make(1, 2, 64));
        again.Receive().Select(frame => frame.Length).Should().Equal(64);
    }

    [Fact]
    public void When_both_ends_are_closed_nothing_is_left()
    {
        NetmapClient master = Open().Register("vale0:a{1", s_small);
        master.Send(Frames.Make(1, 2));
        master.Dispose();

        NetmapClient slave = Open().Register("vale0:a}1", s_small with { TxSlots = 32 });

        slave.Receive().Should().BeEmpty();
        slave.Reg.RxSlots.Should().Be(32, "it is another pipe");
    }

    [Fact]
    public void The_global_region_has_room_for_50_pipes()
    {
        NmreqRegister tiny = new() { TxSlots = 4, RxSlots = 4, MemoryId = 1 };
        for (int i = 0; i < 50; i++)
        {
            Open().Register($"vale0:a{{{i}", tiny);
        }

        Open().TryRegister("vale0:a{50", tiny).Should().Be(Errno.NoMem, "200 ring objects are 50 pipes");
    }

    [Fact]
    public void The_65th_pipe_is_invalid()
    {
        NmreqRegister noRings = new()
        {
            TxSlots = 4,
            RxSlots = 4,
            Flags = RegisterFlags.RxRingsOnly | RegisterFlags.TxRingsOnly,
            MemoryId = 1,
        };
        for (int i = 0; i < 64; i++)
        {
            Open().Register($"vale0:a{{{i}", noRings);
        }

        Open().TryRegister("vale0:a{64", noRings).Should().Be(Errno.Inval);
        Open().TryRegister("vale0:a}63", noRings).Should().Be(0);
    }

    [Fact]
    public void The_parent_is_a_port_of_its_own()
    {
        NetmapClient pipe = Open().Register("vale0:a{1", s_small);
        NetmapClient parent = Open().Register("vale0:a");
        NetmapClient other = Open().Register("vale0:b");

        other.Send(Frames.Make(Frames.Broadcast, 1));

        parent.Receive().Should().HaveCount(1);
        pipe.Receive().Should().BeEmpty();
        parent.Reg.MemoryId.Should().Be(pipe.Reg.MemoryId);
        parent.Dispose();
        pipe.Send(Frames.Make(1, 2));
        Open().Register("vale0:a}1").Receive().Should().HaveCount(1);
    }

    [Fact]
    public void A_pipe_on_a_missing_interface_makes_a_port_that_can_be_opened()
    {
        Open().Register("nothing0{1", s_small);

        NetmapClient port = Open().Register("nothing0");

        port.Send(Frames.Make(Frames.Broadcast, 1));
        port.Tx.Ready.Should().Be(15);
    }

    [Fact]
    public void One_ring_of_a_pipe_can_be_bound()
    {
        NmreqRegister wide = s_small with { TxRings = 2, RxRings = 2 };
        NetmapClient one = Open().Register("vale0:a{1", wide with { Mode = RegisterMode.OneNic, RingId = 1 });
        NetmapClient slave = Open().Register("vale0:a}1");

        one.TxRings[0].Should().BeNull();
        one.TxRings[1]!.Put(Frames.Make(1, 2));
        one.TxSync().Should().Be(0);

        slave.Receive(1).Should().HaveCount(1);
        slave.Receive(0).Should().BeEmpty();
    }
}

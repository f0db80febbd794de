using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Files;

/// <summary>Head, cur and tail that cannot be: reference/netmap-behaviour.md sections 4.2 and 4.3, with its advice.</summary>
[Collection(MountTests.Name)]
public sealed class RingResetTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    private const int PollIn = 1;
    private const int PollOut = 4;
    private const int PollErr = 8;

    /// <summary>A pipe of 16 slots whose writer stands at 10 and may go up to 15; head and cur then.</summary>
    [Theory]
    [InlineData(5u, 5u)]
    [InlineData(9u, 9u)]
    [InlineData(11u, 10u)]
    [InlineData(16u, 16u)]
    [InlineData(0xffff_ffffu, 10u)]
    [InlineData(10u, 0xffff_ffffu)]
    [InlineData(10u, 16u)]
    [InlineData(10u, 9u)]
    [InlineData(0u, 0u)]
    public void A_writer_is_put_back_and_nothing_is_sent(uint head, uint cur)
    {
        (NetmapClient master, NetmapClient slave) = AtTen();
        master.Tx.Head = head;
        master.Tx.Cur = cur;

        master.Poll(PollOut).Should().Be(PollErr);

        (master.Tx.Head, master.Tx.Cur, master.Tx.Tail).Should().Be((10u, 10u, 15u));
        master.Poll(PollOut).Should().Be(PollOut, "the error is told once");
        slave.Receive().Should().HaveCount(10);
        master.Send(Frames.Make(1, 2));
        slave.Receive().Should().HaveCount(1);
    }

    [Theory]
    [InlineData(5u, 5u)]
    [InlineData(16u, 16u)]
    [InlineData(3u, 2u)]
    public void An_ioctl_resets_without_an_error(uint head, uint cur)
    {
        (NetmapClient master, NetmapClient slave) = AtTen();
        master.Tx.Head = head;
        master.Tx.Cur = cur;

        master.TxSync().Should().Be(0);

        (master.Tx.Head, master.Tx.Cur, master.Tx.Tail).Should().Be((10u, 10u, 15u));
        slave.Receive().Should().HaveCount(10);
    }

    /// <summary>A reader that was shown 10 slots of 16 and has released 3.</summary>
    [Theory]
    [InlineData(2u, 2u)]
    [InlineData(11u, 11u)]
    [InlineData(5u, 4u)]
    [InlineData(5u, 11u)]
    [InlineData(16u, 16u)]
    [InlineData(0xffff_ffffu, 0xffff_ffffu)]
    public void A_reader_is_put_back_and_sees_its_frames_again(uint head, uint cur)
    {
        (NetmapClient _, NetmapClient slave) = AtTen();
        slave.RxSync();
        slave.Rx.Advance(3);
        slave.RxSync();
        slave.Rx.Head = head;
        slave.Rx.Cur = cur;

        slave.Poll(PollIn).Should().Be(PollIn | PollErr);

        (slave.Rx.Head, slave.Rx.Cur, slave.Rx.Tail).Should().Be((3u, 3u, 10u));
        slave.Poll(PollIn).Should().Be(PollIn);
        slave.Receive().Should().HaveCount(7);
    }

    [Fact]
    public void A_tail_that_the_program_moved_is_put_back()
    {
        (NetmapClient master, NetmapClient slave) = AtTen();
        master.Tx.Tail = 3;
        slave.Rx.Tail = 99;

        master.Poll(PollOut).Should().Be(PollOut);
        slave.Poll(PollIn).Should().Be(PollIn);

        master.Tx.Tail.Should().Be(15);
        slave.Rx.Tail.Should().Be(10);
    }

    [Fact]
    public void Cur_may_go_back_as_far_as_head()
    {
        (NetmapClient _, NetmapClient slave) = AtTen();
        slave.RxSync();
        slave.Rx.Cur = 10;
        slave.Poll(PollIn).Should().Be(0);
        slave.Rx.Cur = 4;

        slave.Poll(PollIn).Should().Be(PollIn);
    }

    [Fact]
    public void Frames_that_have_come_but_were_not_shown_may_be_consumed()
    {
        (NetmapClient _, NetmapClient slave) = AtTen();
        slave.Rx.Advance(4);

        slave.RxSync().Should().Be(0);

        (slave.Rx.Head, slave.Rx.Tail).Should().Be((4u, 10u));
    }

    [Fact]
    public void Bad_slots_are_emptied_by_a_reset()
    {
        NetmapClient client = Open().Register("vale0:a", new NmreqRegister { TxSlots = 16 });
        client.Tx.Slot(3).BufferIndex = 1;
        client.Tx.Slot(4).BufferIndex = 0x7fff_ffff;
        client.Tx.Slot(5).Length = 2049;
        uint good = client.Tx.Slot(5).BufferIndex;
        client.Tx.Head = 77;

        client.Poll(PollOut).Should().Be(PollErr);

        (client.Tx.Slot(3).BufferIndex, client.Tx.Slot(3).Length).Should().Be((0u, (ushort)0));
        (client.Tx.Slot(4).BufferIndex, client.Tx.Slot(4).Length).Should().Be((0u, (ushort)0));
        (client.Tx.Slot(5).BufferIndex, client.Tx.Slot(5).Length).Should().Be((good, (ushort)0));
        client.Tx.Slot(6).Length.Should().Be(2048);
    }

    private (NetmapClient Master, NetmapClient Slave) AtTen()
    {
        NetmapClient master = Open().Register("vale0:a{1", new NmreqRegister { TxSlots = 16, RxSlots = 16 });
        NetmapClient slave = Open().Register("vale0:a}1");
        for (int i = 0; i < 10; i++)
        {
            master.Tx.Put(Frames.Make(1, 2, 60 + i));
        }

        master.TxSync().Should().Be(0);
        return (master, slave);
    }
}

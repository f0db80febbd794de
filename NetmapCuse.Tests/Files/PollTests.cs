using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;
using FuseDevice = NetmapCuse.Tests.Device.FuseDevice;

namespace NetmapCuse.Tests.Files;

/// <summary>poll, select and epoll: reference/netmap-behaviour.md section 5, over each transport.</summary>
public abstract class PollTests(DeviceFixture device) : DeviceTest(device)
{
    private const int In = 0x1;
    private const int Out = 0x4;
    private const int Error = 0x8;
    private const int ReadNormal = 0x40;
    private const int WriteNormal = 0x100;
    private const int Patience = 10_000;

    private static readonly byte[] s_frame = Frames.Make(Frames.Broadcast, 1);

    [Theory]
    [InlineData(In)]
    [InlineData(Out)]
    [InlineData(0)]
    public void An_unbound_file_is_an_error(int events) => Open().Poll(events, Patience).Should().Be(Error);

    [Theory]
    [InlineData(In, In)]
    [InlineData(In | ReadNormal, In | ReadNormal)]
    [InlineData(ReadNormal, ReadNormal)]
    [InlineData(Out, Out)]
    [InlineData(Out | WriteNormal, Out | WriteNormal)]
    [InlineData(In | Out, In | Out)]
    [InlineData(In | 0x2, In)]
    public void Exactly_what_was_asked_for_comes_back(int asked, int ready)
    {
        (NetmapClient a, NetmapClient b) = Pair();
        a.Send(s_frame);

        b.Poll(asked).Should().Be(ready);
    }

    [Fact]
    public void Nothing_to_read_and_no_time_is_nothing()
    {
        (NetmapClient a, NetmapClient b) = Pair();

        b.Poll(In).Should().Be(0);
        b.Poll(In, 30).Should().Be(0);
        b.Poll(In | Out).Should().Be(Out);
        a.Poll(0).Should().Be(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Out)]
    public void With_NR_DO_RX_POLL_every_poll_updates_the_receive_rings_and_tells_of_no_read_event(int events)
    {
        NetmapClient a = Open().Register("vale0:a");
        NetmapClient without = Open().Register("vale0:b");
        NetmapClient with = Open().Register("vale0:c", new NmreqRegister { Flags = RegisterFlags.DoRxPoll });
        a.Send(s_frame);

        without.Poll(events).Should().Be(events);
        without.Rx.Ready.Should().Be(0);
        with.Poll(events).Should().Be(events);
        with.Rx.Ready.Should().Be(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(In)]
    [InlineData(Out)]
    public void Every_poll_pushes_what_is_to_be_sent(int events)
    {
        (NetmapClient a, NetmapClient b) = Pair();
        a.Tx.Put(s_frame);

        a.Poll(events).Should().Be(events & Out);

        b.Poll(In).Should().Be(In);
        b.Rx.Ready.Should().Be(1);
    }

    [Fact]
    public void With_no_tx_poll_only_pollout_pushes()
    {
        (NetmapClient a, NetmapClient b) = Pair(RegisterFlags.NoTxPoll);
        a.Tx.Put(s_frame);

        a.Poll(In).Should().Be(0);
        a.Poll(0).Should().Be(0);
        b.Poll(In).Should().Be(0);
        a.Poll(Out).Should().Be(Out);
        b.Poll(In).Should().Be(In);
    }

    [Fact]
    public void Without_pollin_nothing_is_received()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        a.Send(s_frame);

        b.Poll(Out).Should().Be(Out);
        b.Rx.Ready.Should().Be(0);
        b.Poll(In).Should().Be(In);
        b.Rx.Ready.Should().Be(1);
    }

    [Fact]
    public async Task A_reader_sleeps_until_a_frame_comes()
    {
        (NetmapClient a, NetmapClient b) = Pair();

        Task<int> sleeper = Background.Run(() => b.Poll(In, Patience));
        await Task.Delay(50, TestContext.Current.CancellationToken);
        sleeper.IsCompleted.Should().BeFalse();
        a.Send(s_frame);

        (await sleeper.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().Be(In);
        b.Rx.Take().Data.Should().Equal(s_frame);
    }

    [Fact]
    public async Task A_writer_sleeps_until_the_pipe_has_room()
    {
        NetmapClient master = Open().Register("vale1:p{1", new NmreqRegister { TxSlots = 8, RxSlots = 8 });
        NetmapClient slave = Open().Register("vale1:p}1");
        while (master.Tx.Ready != 0)
        {
            master.Tx.Put(s_frame);
        }

        master.Poll(Out, 30).Should().Be(0);
        Task<int> sleeper = Background.Run(() => master.Poll(Out, Patience));
        await Task.Delay(50, TestContext.Current.CancellationToken);
        slave.Receive().Should().HaveCount(7);

        (await sleeper.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().Be(Out);
        master.Tx.Ready.Should().Be(7);
    }

    [Fact]
    public void Cur_at_tail_means_to_wait_for_more()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        a.Send(s_frame, s_frame);
        b.Poll(In).Should().Be(In);

        b.Rx.Cur = b.Rx.Tail;

        b.Poll(In, 30).Should().Be(0);
        b.Rx.Ready.Should().Be(2, "both frames are held");
        a.Send(s_frame);
        b.Poll(In).Should().Be(In);
    }

    [Theory]
    [InlineData(0x4000u, In)]
    [InlineData(0x2000u, Out)]
    public void A_direction_that_is_not_bound_never_becomes_ready(uint only, int events)
    {
        NetmapClient a = Open().Register("vale1:a", new NmreqRegister { Flags = (RegisterFlags)only });
        NetmapClient b = Open().Register("vale1:b");
        b.Send(s_frame);

        a.Poll(events, 30).Should().Be(0);
    }

    [Fact]
    public void Several_rings_are_ready_when_one_is()
    {
        NetmapClient a = Open().Register("vale1:a", new NmreqRegister { TxRings = 4, RxRings = 4 });
        NetmapClient b = Open().Register("vale1:b", new NmreqRegister { TxRings = 4, RxRings = 4 });
        b.Send(Frames.Make(Frames.Broadcast, 2));
        a.Receive();
        a.TxRings[3]!.Put(Frames.Make(2, 1));
        a.TxSync().Should().Be(0);

        b.Poll(In).Should().Be(In);
        b.RxRings[3]!.Ready.Should().Be(1);
    }

    [Theory]
    [InlineData(true, Out, Error)]
    [InlineData(false, In, Error)]
    [InlineData(false, In | Out, Error | Out)]
    public void An_impossible_head_is_an_error_once(bool isTx, int events, int first)
    {
        (NetmapClient a, NetmapClient b) = Pair();
        ClientRing ring = isTx ? b.Tx : b.Rx;
        ring.Head = ring.NumSlots + 5;

        b.Poll(events).Should().Be(first);

        ring.Head.Should().Be(0);
        ring.Cur.Should().Be(0);
        b.Poll(events).Should().Be(events & Out);
        a.Send(s_frame);
        b.Poll(In).Should().Be(In);
    }

    [Fact]
    public void Select_tells_the_two_directions_apart()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        Fd fd = ((MountedFile)b.File).Fd;

        Client.Select(fd, read: true, write: false, 30).Should().Be((false, false));
        Client.Select(fd, read: true, write: true, Patience).Should().Be((false, true));
        a.Send(s_frame);
        Client.Select(fd, read: true, write: false, Patience).Should().Be((true, false));
    }

    [Fact]
    public void Level_triggered_epoll_reports_until_everything_is_read()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        using Client.EpollSet epoll = new(((MountedFile)b.File).Fd, In);

        epoll.Wait(30).Should().Be(0);
        a.Send(s_frame);
        epoll.Wait(Patience).Should().Be(In);
        epoll.Wait(Patience).Should().Be(In);
        b.Rx.TakeAll().Should().HaveCount(1);
        epoll.Wait(30).Should().Be(0);
        a.Send(s_frame);
        epoll.Wait(Patience).Should().Be(In);
    }

    [Fact]
    public void Edge_triggered_epoll_reports_each_arrival()
    {
        (NetmapClient a, NetmapClient b) = Pair();
        using Client.EpollSet epoll = new(((MountedFile)b.File).Fd, In | Client.EdgeTriggered);

        for (uint round = 1; round <= 3; round++)
        {
            a.Send(s_frame);
            epoll.Wait(Patience).Should().Be(In, "frame {0} has come", round);
            b.Rx.Ready.Should().Be(round);
        }
    }

    [Fact]
    public void Epoll_reports_an_unbound_file() => Epoll(Open()).Should().Be(Error);

    private static uint Epoll(NetmapClient client)
    {
        using Client.EpollSet epoll = new(((MountedFile)client.File).Fd, In);
        return epoll.Wait(Patience);
    }

    private (NetmapClient A, NetmapClient B) Pair(RegisterFlags flags = RegisterFlags.None) => (
        Open().Register("vale1:a", new NmreqRegister { Flags = flags }),
        Open().Register("vale1:b"));
}

[Collection(MountTests.Name)]
public sealed class PollOverUringTests(UringDevice device) : PollTests(device), IClassFixture<UringDevice>;

[Collection(MountTests.Name)]
public sealed class PollOverFuseTests(FuseDevice device) : PollTests(device), IClassFixture<FuseDevice>;

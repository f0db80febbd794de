using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Monitors;

public sealed class ZeroCopyMonitorTests(AnyDevice device) : MonitorTest(device), IClassFixture<AnyDevice>
{
    [Fact]
    public void It_shares_the_region_and_sees_both_directions()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient monitor = Monitor("vale0:a", ZeroCopy);
        monitor.Reg.MemoryId.Should().Be(a.Reg.MemoryId);
        ((ulong)monitor.Reg.Flags).Should().Be(0x700);
    }

    [Fact]
    public void Received_frames_are_seen_when_they_are_released()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient monitor = Monitor("vale0:a", ZeroCopy);
        uint[] before = a.Rx.Buffers();

        b.Send(Frame(1), Frame(2));
        a.RxSync();
        Slots(monitor).Should().BeEmpty();
        a.Rx.Take();
        a.RxSync();
        Slots(monitor).Should().BeEquivalentTo(new[] { (Frame(1), SlotFlags.OneFragment) });

        monitor.Rx.Slot(0).BufferIndex.Should().Be(before[0]);
        a.Rx.Slot(0).Flags.Should().Be(SlotFlags.OneFragment | SlotFlags.BufferChanged);
        a.Rx.Buffers()[1..].Should().Equal(before[1..]);
        a.Rx.Buffers().Concat(monitor.Rx.Buffers()).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Sent_frames_are_seen_when_they_have_gone()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient monitor = Monitor("vale0:a", ZeroCopy);

        a.Send(Frame(1));

        Slots(monitor).Should().BeEquivalentTo(new[] { (Frame(1), SlotFlags.TxMonitored) });
        a.Tx.Slot(0).Flags.Should().Be(SlotFlags.BufferChanged);
        b.Receive().Should().BeEquivalentTo(Batch(1, 1));
    }

    [Fact]
    public void A_full_monitor_takes_the_latest()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient monitor = Monitor("vale0:a", ZeroCopy, slots: 8);

        a.Send(Batch(0, 20));
        a.Send(Batch(20, 20));

        monitor.Receive().Should().BeEquivalentTo(Batch(13, 7), o => o.WithStrictOrdering());
        b.Receive().Should().BeEquivalentTo(Batch(0, 40), o => o.WithStrictOrdering());
    }

    [Fact]
    public void The_second_of_a_chain_sees_what_the_first_has_released()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient first = Monitor("vale0:a", ZeroCopy);
        NetmapClient second = Monitor("vale0:a", ZeroCopy);
        NetmapClient third = Monitor("vale0:a", ZeroCopy);
        NetmapClient copy = Monitor("vale0:a", Tx | Rx);

        a.Send(Frame(1));
        b.Send(Frame(2));
        a.Receive();

        Slots(copy).Should().HaveCount(2);
        Slots(third).Should().BeEmpty();
        Slots(second).Should().BeEmpty();
        Slots(first).Should().HaveCount(2);
        Slots(third).Should().BeEmpty();
        Slots(second).Should().HaveCount(2);
        Slots(third).Should().BeEquivalentTo(
            new[] { (Frame(1), SlotFlags.TxMonitored), (Frame(2), SlotFlags.OneFragment) });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_chain_closes_up_when_one_of_it_goes(int leaver)
    {
        NetmapClient a = Port("vale0:a");
        List<NetmapClient> chain = [.. Enumerable.Range(0, 3).Select(_ => Monitor("vale0:a", ZeroCopy))];
        (uint Free, uint Charged, uint Limbo) before = Audit(a);
        a.Send(Frame(1));
        chain.ForEach(one => one.Receive().Should().HaveCount(1));

        chain[leaver].Dispose();
        chain.RemoveAt(leaver);
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 3, 30_000).Should().BeTrue();

        a.Send(Frame(2));
        chain.ForEach(one => one.Receive().Should().BeEquivalentTo(Batch(2, 1)));
        Audit(a).Limbo.Should().Be(before.Limbo);
        Audit(a).Free.Should().Be(before.Free + 128, "64 slots in each of two rings");
    }

    [Fact]
    public void Chains_of_rings_are_apart()
    {
        NetmapClient a = Port("vale0:a", rings: 2);
        NetmapClient one = Open().Register(
            "vale0:a", new NmreqRegister { Flags = ZeroCopy, Mode = RegisterMode.OneNic, RingId = 1 });
        NetmapClient all = Monitor("vale0:a", ZeroCopy);

        a.TxRings[0]!.Put(Frame(1));
        a.TxRings[1]!.Put(Frame(2));
        a.TxSync();

        all.Receive(0).Should().BeEquivalentTo(Batch(1, 1));
        all.Receive(1).Should().BeEmpty();
        one.Receive(1).Should().BeEquivalentTo(Batch(2, 1));
        all.Receive(1).Should().BeEquivalentTo(Batch(2, 1));
    }

    [Fact]
    public void The_books_are_exact_when_the_monitor_goes_first()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        (uint Free, uint Charged, uint Limbo) before = Audit(a);
        for (int round = 0; round < 5; round++)
        {
            NetmapClient monitor = Monitor("vale0:a", ZeroCopy);
            for (int i = 0; i < 7; i++)
            {
                a.Send(Batch(i, 40));
                b.Send(Batch(i, 40));
                a.Receive().Should().BeEquivalentTo(Batch(i, 40), o => o.WithStrictOrdering());
                b.Receive().Should().BeEquivalentTo(Batch(i, 40), o => o.WithStrictOrdering());
                monitor.Receive().Should().HaveCount(63);
            }

            monitor.Dispose();
            SpinWait.SpinUntil(() => Device.Device.OpenFiles == 2, 30_000).Should().BeTrue();
            Audit(a).Should().Be(before);
        }
    }

    [Fact]
    public void The_books_are_exact_when_the_parent_goes_first()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient monitor = Monitor("vale0:a", ZeroCopy);
        NetmapClient idle = Monitor("vale0:a", ZeroCopy);
        a.Send(Batch(0, 40));
        Slots(monitor).Should().HaveCount(40);
        a.Dispose();
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 2, 30_000).Should().BeTrue();

        (uint _, uint charged, uint limbo) = Audit(monitor);
        charged.Should().Be(4 * 64, "the two monitors have two rings each");
        limbo.Should().Be(0);
        Slots(idle).Should().HaveCount(40, "what the first has released it has");
        monitor.Dispose();
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 1, 30_000).Should().BeTrue();
        Audit(idle).Charged.Should().Be(2 * 64);
    }

    [Fact]
    public void An_impossible_index_stays_where_it_is()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient monitor = Monitor("vale0:a", ZeroCopy);
        a.Tx.Put(Frame(1));
        uint mine = a.Tx.Slot(0).BufferIndex;
        a.Tx.Slot(0).BufferIndex = 0xffff_fff0;
        a.Tx.Put(Frame(2));
        uint theirs = monitor.Rx.Slot(1).BufferIndex;
        monitor.Rx.Slot(1).BufferIndex = 0x7fff_ffff;
        a.TxSync();

        Slots(monitor).Should().BeEquivalentTo(
            new[] { (Array.Empty<byte>(), SlotFlags.TxMonitored), (Array.Empty<byte>(), SlotFlags.TxMonitored) });
        a.Tx.Slot(0).BufferIndex.Should().Be(0xffff_fff0);
        monitor.Rx.Slot(1).BufferIndex.Should().Be(0x7fff_ffff);
        a.Tx.Slot(0).BufferIndex = mine;
        monitor.Rx.Slot(1).BufferIndex = theirs;
    }
}

using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Monitors;

public sealed class CopyMonitorTests(AnyDevice device) : MonitorTest(device), IClassFixture<AnyDevice>
{
    [Fact]
    public void Received_frames_are_seen_when_they_arrive()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient monitor = Monitor("vale0:a", Rx);

        b.Send(Frame(1), Frame(2));

        monitor.Poll(In).Should().Be(In, "the parent has not even looked yet");
        Slots(monitor).Should().BeEquivalentTo(
            new[] { (Frame(1), SlotFlags.OneFragment), (Frame(2), SlotFlags.OneFragment) });
        a.Receive().Should().BeEquivalentTo(Batch(1, 2));
        a.Send(Frame(3));
        Slots(monitor).Should().BeEmpty("what the parent sends is the other direction");
    }

    [Fact]
    public void Sent_frames_are_marked()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient sent = Monitor("vale0:a", Tx);
        NetmapClient both = Monitor("vale0:a", Rx | Tx);

        a.Send(Frame(1));
        b.Send(Frame(2));

        Slots(sent).Should().BeEquivalentTo(new[] { (Frame(1), SlotFlags.TxMonitored) });
        Slots(both).Should().BeEquivalentTo(
            new[] { (Frame(1), SlotFlags.TxMonitored), (Frame(2), SlotFlags.OneFragment) });
        a.Receive().Should().BeEquivalentTo(Batch(2, 1));
        b.Receive().Should().BeEquivalentTo(Batch(1, 1));
    }

    [Fact]
    public void A_full_monitor_takes_the_latest_and_disturbs_nobody()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient small = Monitor("vale0:a", Rx, slots: 8);
        NetmapClient large = Monitor("vale0:a", Rx, slots: 256);

        b.Send(Batch(0, 20));
        b.Send(Batch(20, 5));

        small.Receive().Should().BeEquivalentTo(Batch(13, 7), o => o.WithStrictOrdering());
        large.Receive().Should().BeEquivalentTo(Batch(0, 25), o => o.WithStrictOrdering());
        a.Receive().Should().BeEquivalentTo(Batch(0, 25), o => o.WithStrictOrdering());
        b.Send(Batch(25, 3));
        small.Receive().Should().BeEquivalentTo(Batch(25, 3), o => o.WithStrictOrdering());
    }

    [Fact]
    public void Rings_match_by_number()
    {
        NetmapClient a = Port("vale0:a", rings: 2);
        NetmapClient b = Port("vale0:b", rings: 2);
        NetmapClient all = Monitor("vale0:a", Rx | Tx);
        NetmapClient second = Open().Register(
            "vale0:a", new NmreqRegister { Flags = Rx | Tx, Mode = RegisterMode.OneNic, RingId = 1 });
        all.Reg.TxRings.Should().Be(1);
        all.Reg.RxRings.Should().Be(2);
        second.RxRings[0].Should().BeNull();

        // Broadcasts go to ring 0; after b has been seen, unicast from TX ring 1 goes to RX ring 1.
        b.Tx.Put(Frames.Make(Frames.Broadcast, 2, seed: 1));
        b.TxSync();
        a.TxRings[1]!.Put(Frames.Make(2, 1, seed: 2));
        a.TxSync();
        b.TxRings[1]!.Put(Frames.Make(1, 2, seed: 3));
        b.TxSync();

        byte[] one = Frames.Make(Frames.Broadcast, 2, seed: 1);
        byte[] two = Frames.Make(2, 1, seed: 2);
        byte[] three = Frames.Make(1, 2, seed: 3);
        Slots(all, 0).Should().BeEquivalentTo(new[] { (one, SlotFlags.OneFragment) });
        Slots(all, 1).Should().BeEquivalentTo(
            new[] { (two, SlotFlags.TxMonitored), (three, SlotFlags.OneFragment) }, o => o.WithStrictOrdering());
        Slots(second, 1).Should().BeEquivalentTo(
            new[] { (two, SlotFlags.TxMonitored), (three, SlotFlags.OneFragment) }, o => o.WithStrictOrdering());
        a.Receive().Should().HaveCount(1);
    }

    [Fact]
    public void A_ring_that_is_bound_after_the_monitor_is_watched_too()
    {
        using NetmapClient first = Open().Register("vale0:a", new NmreqRegister
        {
            TxRings = 2,
            RxRings = 2,
            Mode = RegisterMode.OneNic,
            RingId = 0,
        });
        NetmapClient monitor = Monitor("vale0:a", Tx);
        NetmapClient second = Open().Register("vale0:a", new NmreqRegister { Mode = RegisterMode.OneNic, RingId = 1 });

        second.TxRings[1]!.Put(Frame(1));
        second.TxSync();

        monitor.Receive(1).Should().BeEquivalentTo(Batch(1, 1));
    }

    [Theory]
    [InlineData(1, 1024, 8478720)]
    [InlineData(2, 512, 8499200)]
    public void It_has_a_small_region_of_its_own(ushort rings, uint slots, ulong size)
    {
        NetmapClient a = Port("vale0:a", slots, rings);
        NetmapClient monitor = Monitor("vale0:a", Rx | Tx);

        monitor.Reg.MemoryId.Should().NotBe(a.Reg.MemoryId);
        monitor.Reg.RxSlots.Should().Be(slots);
        monitor.Reg.Flags.Should().Be(Rx | Tx);
        Look(monitor, region => region.Layout.MemorySize).Should().Be(size);
    }

    [Fact]
    public unsafe void Monitors_are_numbered_by_parent()
    {
        Port("vale0:a");
        Port("vale0:b");
        string[] names =
        [
            .. new[] { ("vale0:a", Rx), ("vale0:a", Tx), ("vale0:b", Rx | Tx), ("vale0:a", ZeroCopy) }
                .Select(wanted => Name(Monitor(wanted.Item1, wanted.Item2))),
        ];
        names.Should().Equal("vale0:a/r#0", "vale0:a/t#1", "vale0:b/rt#0", "vale0:a/zrt#2");

        static string Name(NetmapClient client) => WireName.Read(client.Interface->Name);
    }

    [Fact]
    public void Only_ports_in_use_have_monitors()
    {
        NetmapClient client = Open();
        client.TryRegister("vale0:a", new NmreqRegister { Flags = Rx }).Should().Be(Errno.Inval);
        client.TryRegister("vale0:a", new NmreqRegister { Flags = ZeroCopy }).Should().Be(Errno.Inval);
        client.TryRegister("vale0:a{1", new NmreqRegister { Flags = Rx }).Should().Be(Errno.Inval);
        client.TryRegister("nothing0", new NmreqRegister { Flags = Rx }).Should().Be(Errno.NxIo);
        client.TryRegister("vale!:a", new NmreqRegister { Flags = Rx }).Should().Be(Errno.NoMem);
        client.TryRegister("vale0:a", new NmreqRegister { Flags = Rx, MemoryId = 999 }).Should().Be(Errno.Inval);
        Device.Device.Plane.Inspect(ports => ports.Ports.Count()).Should().Be(0);

        Port("vale0:a{1");
        client.TryRegister("vale0:a}1", new NmreqRegister { Flags = Rx }).Should().Be(Errno.Inval, "the other end is not open");
        client.TryRegister("vale0:a", new NmreqRegister { Flags = Rx }).Should().Be(Errno.Inval, "nor is the parent");
        client.TryRegister("vale0:a{1", new NmreqRegister { Flags = Rx, Mode = RegisterMode.Host }).Should().Be(Errno.Inval);
        client.TryRegister("vale0:a{1", new NmreqRegister { Flags = Rx, Mode = RegisterMode.OneNic, RingId = 1 })
            .Should().Be(Errno.Inval);
        client.Register("vale0:a{1", new NmreqRegister { Flags = Rx });
        Open().TryRegister("vale0:a{1/r#0", new NmreqRegister { Flags = Rx }).Should().Be(Errno.Inval);
    }

    [Fact]
    public void Mode_null_comes_before_the_monitor_flags()
    {
        NetmapClient client = Open().Register(
            "any", new NmreqRegister { Mode = RegisterMode.Null, MemoryId = 1, Flags = Rx, TxRings = 1, TxSlots = 8 });
        client.TxRings.Should().HaveCount(2);
        client.Reg.Flags.Should().Be(Rx);
    }

    [Fact]
    public void Programs_of_the_legacy_api_have_monitors_too()
    {
        Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient monitor = Open();
        Nmreq request = new() { Flags = (uint)RegisterMode.AllNic | (uint)(Rx | ZeroCopy) };
        WireName.Write(request.Name, "vale0:b");
        monitor.TryRegisterLegacy(ref request).Should().Be(0);
        request.Flags.Should().Be(0x601, "the legacy ioctl never changes it");
        request.Arg2.Should().Be(b.Reg.MemoryId);

        b.Send(Frame(1));

        Slots(monitor).Should().BeEquivalentTo(new[] { (Frame(1), SlotFlags.TxMonitored) });
    }

    [Fact]
    public void An_exclusive_parent_is_monitored_all_the_same()
    {
        Open().Register("vale0:a", new NmreqRegister { Flags = RegisterFlags.Exclusive });
        Monitor("vale0:a", Rx);
        Open().TryRegister("vale0:a").Should().Be(Errno.Busy);
    }

    [Fact]
    public void Sending_on_a_monitor_is_an_error()
    {
        Port("vale0:a");
        NetmapClient monitor = Monitor("vale0:a", Rx);
        monitor.Tx.Put(Frame(1));
        uint tail = monitor.Tx.Tail;

        monitor.TxSync().Should().Be(0);
        monitor.Tx.Tail.Should().Be(tail);
        monitor.Poll(Out).Should().Be(Out | Error);
    }

    [Fact]
    public void A_monitor_whose_parent_leaves_shows_what_it_has_and_errs()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient monitor = Monitor("vale0:a", Rx);
        b.Send(Frame(1));
        a.Dispose();
        SpinWait.SpinUntil(() => (monitor.Poll(In) & Error) != 0, 30_000).Should().BeTrue();

        Slots(monitor).Should().HaveCount(1);
        monitor.RxSync().Should().Be(0);
        monitor.Poll(In).Should().Be(Error);

        NetmapClient again = Port("vale0:a");
        b.Send(Frame(2));
        again.Receive().Should().HaveCount(1);
        monitor.Receive().Should().BeEmpty("it is not connected again");
        Monitor("vale0:a", Rx).Reg.RxRings.Should().Be(1);
    }

    [Fact]
    public async Task A_sleeper_is_woken_by_traffic_and_by_the_end_of_the_parent()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient b = Port("vale0:b");
        NetmapClient monitor = Monitor("vale0:a", Rx);

        Task<int> sleeper = Transport.Background.Run(() => monitor.Poll(In, 5000));
        await Task.Delay(50, TestContext.Current.CancellationToken);
        b.Send(Frame(1));
        (await sleeper).Should().Be(In);

        monitor.Receive();
        sleeper = Transport.Background.Run(() => monitor.Poll(In, 5000));
        await Task.Delay(50, TestContext.Current.CancellationToken);
        a.Dispose();
        (await sleeper).Should().Be(Error);
    }

    [Fact]
    public unsafe void Data_in_the_memory_of_the_sender_is_fetched()
    {
        NetmapClient a = Port("vale0:a");
        Port("vale0:b");
        NetmapClient monitor = Monitor("vale0:a", Tx);
        byte[] elsewhere = Frame(7, 200);
        fixed (byte* address = elsewhere)
        {
            a.Tx.Put(new byte[200], SlotFlags.Indirect);
            a.Tx.Slot(0).Pointer = (ulong)address;
            a.TxSync();
        }

        Slots(monitor).Should().BeEquivalentTo(new[] { (elsewhere, SlotFlags.TxMonitored) });
    }

    [Fact]
    public void Impossible_slots_are_cut()
    {
        NetmapClient a = Port("vale0:a");
        NetmapClient monitor = Monitor("vale0:a", Tx);
        a.Tx.Put(Frame(1));
        a.Tx.Slot(0).Length = 5000;
        a.Tx.Put(Frame(2));
        a.Tx.Slot(1).BufferIndex = 0xffff_fff0;
        a.TxSync();

        List<(byte[] Data, SlotFlags Flags)> slots = Slots(monitor);
        slots[0].Data.Should().HaveCount(2048);
        slots[1].Data.Should().Equal(new byte[60], "an index that is no buffer stands for buffer 0");
        a.Tx.Slot(1).BufferIndex = 1;
    }
}

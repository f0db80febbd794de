using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Monitors;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using Xunit;

namespace NetmapCuse.Tests.Monitors;

/// <summary>Monitors of a port that takes its frames in by itself and has host rings, without device and mount.</summary>
public sealed class InterfaceMonitorTests : IDisposable
{
    private readonly Arena _arena = new(1UL << 30);
    private readonly RegionTable _regions;
    private readonly QueuePort _port;
    private readonly Binding _binding;

    public InterfaceMonitorTests()
    {
        _regions = new RegionTable(_arena, RegionSizes.GlobalDefault, new Quotas(_arena.Size, Serilog.Core.Logger.None));
        _port = new QueuePort(new PortRings(2, 2, 16, 16), hostRings: 1, _regions.Global);
        Binding.TryCreate(
            _port, new PortRequest { Name = "q", Mode = RegisterMode.NicAndHost }, 0, new Sleeper(), out Binding? binding)
            .Should().Be(0);
        _binding = binding!;
    }

    public void Dispose()
    {
        if (_port.Bindings != 0)
        {
            _binding.End();
        }

        _regions.Global.Users.Should().Be(0);
        _regions.All.Should().Equal(_regions.Global);
        _arena.Dispose();
    }

    [Fact]
    public void Frames_are_taken_in_although_the_parent_never_reads()
    {
        Binding monitor = Monitor(RegisterMode.AllNic, RegisterFlags.MonitorRx);
        for (byte i = 1; i <= 20; i++)
        {
            _port.Arrive(1, i);
        }

        Take(monitor, 1).Should().Equal(Enumerable.Range(1, 15).Select(i => ((byte)i, SlotFlags.None)), "the parent is full");
        RingSync.Rx(_port, _port.Rx[1], 0);
        Take(monitor, 1).Should().BeEmpty("all of them were shown once");
        monitor.End();
        _port.Rx[1].Wake();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Host_rings_are_watched_by_host_rings(bool isZeroCopy)
    {
        Binding monitor = Monitor(
            RegisterMode.NicAndHost, isZeroCopy ? RegisterFlags.ZeroCopyMonitor : MonitorPort.BothDirections);
        monitor.Port.HostRxRings.Should().Be(1);
        Put(_port.Tx[2], 7);
        RingSync.Tx(_port, _port.Tx[2], readsIndirect: false);
        RingSync.Tx(_port, _port.Tx[2], readsIndirect: false);
        _port.Arrive(2, 8);
        RingSync.Rx(_port, _port.Rx[2], 0);
        Take(_binding, 2).Should().HaveCount(1);

        Take(monitor, 2).Should().Equal((7, SlotFlags.TxMonitored), (8, SlotFlags.None));
        Take(monitor, 0).Concat(Take(monitor, 1)).Should().BeEmpty();
        monitor.End();
    }

    [Fact]
    public void Zero_copy_waits_for_completion()
    {
        Binding monitor = Monitor(RegisterMode.AllNic, RegisterFlags.ZeroCopyMonitor);
        Put(_port.Tx[0], 7);
        RingSync.Tx(_port, _port.Tx[0], readsIndirect: false);
        Take(monitor, 0).Should().BeEmpty();
        RingSync.Tx(_port, _port.Tx[0], readsIndirect: false);
        Take(monitor, 0).Should().Equal((7, SlotFlags.TxMonitored));
        monitor.End();
    }

    [Fact]
    public void Arrival_goes_on_without_monitors_that_left_and_parents_that_left()
    {
        Binding monitor = Monitor(RegisterMode.AllNic, RegisterFlags.MonitorRx);
        Binding second = Monitor(RegisterMode.AllNic, RegisterFlags.MonitorRx);
        monitor.End();
        _port.Arrive(0, 1);
        Take(second, 0).Should().HaveCount(1);
        _port.Monitors.Count.Should().Be(1);
        _binding.End();
        RingSync.Rx(second.Port, second.Rx[0], 0).Should().Be(RingSync.Outcome.Error);
        second.End();
    }

    [Fact]
    public async Task Buffers_do_not_change_rings_while_the_books_look_at_them()
    {
        Binding monitor = Monitor(RegisterMode.AllNic, RegisterFlags.ZeroCopyMonitor);
        Put(_port.Tx[0], 7);
        RingSync.Tx(_port, _port.Tx[0], readsIndirect: false);
        using LookingRing looking = new();
        _regions.Global.Rings.Add(looking);

        Task look = Task.Run(() => _regions.Global.MarkShown(new BufferSet(_regions.Global.Layout.Buffer.Count)), Cancel);
        looking.IsLooking.Wait(Cancel);
        Task swap = Task.Run(() => RingSync.Tx(_port, _port.Tx[0], readsIndirect: false), Cancel);
        (await Task.WhenAny(swap, Task.Delay(100, Cancel))).Should().NotBe(swap);
        looking.GoOn.Set();
        await look;
        await swap;

        _regions.Global.Rings.Remove(looking);
        Take(monitor, 0).Should().Equal((7, SlotFlags.TxMonitored));
        monitor.End();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Binding Monitor(RegisterMode mode, RegisterFlags flags)
    {
        PortRequest request = new() { Name = "q", Mode = mode, Flags = flags };
        MonitorPort.TryCreate(_port, request, _regions, out MonitorPort? monitor).Should().Be(0);
        monitor!.AddReference();
        Binding.TryCreate(monitor, request, 0, new Sleeper(), out Binding? binding).Should().Be(0);
        monitor.DropReference();
        return binding!;
    }

    private static unsafe void Put(Kring ring, byte frame)
    {
        Client(ring)->Head++;
        Client(ring)->Cur++;
        *ring.BufferOf(ring.Slots[0].BufferIndex) = frame;
        ring.Slots[0].Length = 1;
    }

    private static unsafe List<(byte Frame, SlotFlags Flags)> Take(Binding binding, int number)
    {
        Kring ring = binding.Rx[number];
        RingSync.Rx(binding.Port, ring, 0);
        List<(byte Frame, SlotFlags Flags)> taken = [];
        NetmapRing* shared = Client(ring);
        while (shared->Head != shared->Tail)
        {
            NetmapSlot slot = ring.Slots[shared->Head];
            taken.Add((*ring.BufferOf(slot.BufferIndex), slot.Flags));
            shared->Head = shared->Cur = RingWindow.Next(shared->Head, ring.NumSlots);
        }

        RingSync.Rx(binding.Port, ring, 0);
        return taken;
    }

    private static unsafe NetmapRing* Client(Kring ring) => (NetmapRing*)((byte*)ring.Slots - NetmapRing.Bytes);

    /// <summary>Takes its time.</summary>
    private sealed class LookingRing : IShowsBuffers, IDisposable
    {
        internal ManualResetEventSlim IsLooking { get; } = new();

        internal ManualResetEventSlim GoOn { get; } = new();

        public void MarkShown(BufferSet shown)
        {
            IsLooking.Set();
            GoOn.Wait();
        }

        public void HoldStill()
        {
        }

        public void LetGo()
        {
        }

        public void Dispose()
        {
            IsLooking.Dispose();
            GoOn.Dispose();
        }
    }

    private sealed class Sleeper : ISleeper
    {
        public void Wake(RingDirection direction)
        {
        }
    }
}

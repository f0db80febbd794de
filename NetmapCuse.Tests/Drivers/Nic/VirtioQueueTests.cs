using FluentAssertions;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.VirtioNet;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Nic;

public sealed class VirtioQueueTests : IDisposable
{
    private const uint Slots = 32;

    private readonly ControlMemory _memory = new(0x10_0000, 1 << 18);
    private readonly TestRing _tx = new(RingDirection.Tx, Slots);
    private readonly TestRing _rx = new(RingDirection.Rx, Slots);
    private readonly NicLink _link = new() { IsUp = true };
    private readonly PlayedDoorbell _doorbell = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Slots_are_done_in_their_order_whatever_the_order_of_the_device(bool isPacked)
    {
        (NicTransmitQueue queue, PlayedVirtqueue device) = Transmit(isPacked);
        for (uint i = 0; i < Slots; i++)
        {
            _tx.Slot(i).Length = 60;
        }

        queue.Transmit(_tx.Batch(0, 4)).Should().Be(4);
        List<(uint Id, ulong Table)> given = device.TakeAll();
        given.Should().HaveCount(4);
        device.Use(given[2].Id, 0);
        queue.Reclaim().Should().Be(0);
        device.Use(given[0].Id, 0);
        queue.Reclaim().Should().Be(1);
        device.Use(given[1].Id, 0);
        device.Use(given[3].Id, 0);
        queue.Reclaim().Should().Be(3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_rings_go_round_many_times(bool isPacked)
    {
        (NicTransmitQueue queue, PlayedVirtqueue device) = Transmit(isPacked);
        Random random = new(3);
        uint at = 0;
        uint open = 0;
        for (int round = 0; round < 500; round++)
        {
            uint count = (uint)random.Next(0, (int)(Slots - open));
            for (uint i = 0; i < count; i++)
            {
                _tx.Slot(at + i).Length = (ushort)random.Next(0, 100);
            }

            uint taken = queue.Transmit(_tx.Batch(at, count));
            taken.Should().Be(count);
            at = (at + taken) % Slots;
            open += taken;
            foreach ((uint id, _) in device.TakeAll().OrderBy(_ => random.Next()))
            {
                device.Use(id, 0);
            }

            open -= queue.Reclaim();
            open.Should().Be(0);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_come_without_the_header_and_each_buffer_once(bool isPacked)
    {
        (NicReceiveQueue queue, PlayedVirtqueue device) = Receive(isPacked);
        queue.Take(_rx.Batch(0, Slots));
        queue.Tell();
        uint at = 0;
        List<(uint Id, ulong Table)> given = [];
        for (uint round = 1; round < 200; round++)
        {
            given.AddRange(device.TakeAll());
            device.Use(given[^1].Id, 12 + round);
            given.RemoveAt(given.Count - 1);
            queue.HasNews.Should().BeTrue();
            queue.Receive(_rx.Batch(at, Slots - 1)).Should().Be(1);
            _rx.Slot(at).Length.Should().Be((ushort)round);
            queue.Refill(_rx.Batch(at, 1));
            at = (at + 1) % Slots;
        }

        queue.Close(_rx.Batch(at, Slots));
        Enumerable.Range(0, (int)Slots).Select(i => _rx.Slot((uint)i).BufferIndex).Should().OnlyHaveUniqueItems();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Numbers_that_the_device_does_not_have_and_lengths_of_no_buffer_do_no_harm(bool isPacked)
    {
        (NicReceiveQueue queue, PlayedVirtqueue device) = Receive(isPacked);
        queue.Take(_rx.Batch(0, Slots));
        queue.Tell();
        uint id = device.TakeAll()[0].Id;
        device.Use(Slots + 7, 100);
        device.Use(id, uint.MaxValue);
        device.Use(id, 100);

        queue.Receive(_rx.Batch(0, Slots - 1)).Should().Be(1);
        _rx.Slot(0).Length.Should().BeLessThanOrEqualTo(2048);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_restart_the_device_has_all_buffers_again(bool isPacked)
    {
        (NicReceiveQueue queue, PlayedVirtqueue device) = Receive(isPacked);
        queue.Take(_rx.Batch(0, Slots));
        queue.Tell();
        device.Use(device.TakeAll()[5].Id, 72);
        queue.Receive(_rx.Batch(0, Slots - 1)).Should().Be(1);

        queue.Rewind();
        queue.Tell();
        Player(isPacked, queue.Block).TakeAll().Should().HaveCount((int)Slots - 1);
    }

    public void Dispose()
    {
        _tx.Dispose();
        _rx.Dispose();
        _memory.Dispose();
    }

    private (NicTransmitQueue Queue, PlayedVirtqueue Device) Transmit(bool isPacked)
    {
        DmaBlock block = _memory.Take("ring", isPacked ? PackedRing.Bytes(Slots) : SplitRing.Bytes(Slots));
        DmaBlock tables = _memory.Take("tables", VirtioTables.Bytes(Slots));
        return (isPacked
            ? new VirtioTransmitQueue<PackedRing>(
                _tx.Ring, TestRing.Iova, block, tables, new PackedRing(block, Slots), _link, _doorbell, 9000)
            : new VirtioTransmitQueue<SplitRing>(
                _tx.Ring, TestRing.Iova, block, tables, new SplitRing(block, Slots), _link, _doorbell, 9000),
            Player(isPacked, block));
    }

    private (NicReceiveQueue Queue, PlayedVirtqueue Device) Receive(bool isPacked)
    {
        DmaBlock block = _memory.Take("ring", isPacked ? PackedRing.Bytes(Slots) : SplitRing.Bytes(Slots));
        DmaBlock tables = _memory.Take("tables", VirtioTables.Bytes(Slots));
        return (isPacked
            ? new VirtioReceiveQueue<PackedRing>(
                _rx.Ring, TestRing.Iova, block, tables, new PackedRing(block, Slots), _doorbell)
            : new VirtioReceiveQueue<SplitRing>(
                _rx.Ring, TestRing.Iova, block, tables, new SplitRing(block, Slots), _doorbell),
            Player(isPacked, block));
    }

    private static PlayedVirtqueue Player(bool isPacked, DmaBlock block) =>
        isPacked ? new PlayedVirtqueue.Packed(block, Slots) : new PlayedVirtqueue.Split(block, Slots);
}

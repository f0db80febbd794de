using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Intel;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Nic;

public sealed class DescriptorTransmitQueueTests : IDisposable
{
    private const uint Slots = 64;
    private const uint FrameMax = 9000;

    private readonly TestRing _ring = new(RingDirection.Tx, Slots);
    private readonly ControlMemory _memory = new(0x10_0000, 1 << 16);
    private readonly NicLink _link = new() { IsUp = true };
    private readonly PlayedDoorbell _doorbell = new();
    private readonly DescriptorTransmitQueue<AdvancedFormat> _queue;
    private readonly PlayedChip _chip;

    public DescriptorTransmitQueueTests()
    {
        _queue = new DescriptorTransmitQueue<AdvancedFormat>(
            _ring.Ring, TestRing.Iova, _memory.Take("tx", Slots * 16), _link, _doorbell, FrameMax);
        _chip = new PlayedChip(_queue, _doorbell);
        for (uint i = 0; i < Slots; i++)
        {
            _ring.Slot(i).Length = 60;
        }
    }

    [Fact]
    public void Frames_leave_in_order_from_where_they_lie_and_come_back_when_the_chip_says_so()
    {
        _queue.Transmit(_ring.Batch(0, 3)).Should().Be(3);
        _queue.Reclaim().Should().Be(0);
        _chip.SendAll().Should().BeEquivalentTo(
            Enumerable.Range(0, 3).Select(i => new[] { (_ring.AddressOf(_ring.Slot((uint)i).BufferIndex), 60u) }),
            static options => options.WithStrictOrdering());

        _queue.HasNews.Should().BeTrue();
        _queue.Reclaim().Should().Be(3);
        _doorbell.Rings.Should().Be(1);
    }

    [Fact]
    public void The_ring_goes_round_many_times_and_never_has_more_than_all_but_one()
    {
        uint at = 0;
        uint sent = 0;
        uint done = 0;
        for (int round = 0; round < 100; round++)
        {
            uint taken = _queue.Transmit(_ring.Batch(at, Slots - 1 - (sent - done)));
            at = (at + taken) % Slots;
            sent += taken;
            _chip.SendAll().Should().HaveCount((int)taken);
            done += _queue.Reclaim();
        }

        done.Should().Be(sent).And.BeGreaterThan(10 * Slots);
        _queue.Transmit(_ring.Batch(at, Slots)).Should().Be(Slots - 1);
        _queue.Transmit(_ring.Batch(0, 1)).Should().Be(0);
    }

    [Fact]
    public void Slots_of_one_frame_leave_as_one_and_wait_for_its_end()
    {
        _ring.Slot(0).Flags = SlotFlags.MoreFragments;
        _ring.Slot(1).Flags = SlotFlags.MoreFragments;

        _queue.Transmit(_ring.Batch(0, 2)).Should().Be(0);
        _queue.Transmit(_ring.Batch(0, 4)).Should().Be(4);
        _chip.SendAll().Select(static frame => frame.Count).Should().Equal(3, 1);
        _queue.Reclaim().Should().Be(4);
    }

    [Theory]
    [InlineData(0u, 60)] // no buffer of the region
    [InlineData(uint.MaxValue, 60)]
    [InlineData(5u, 0)]
    public void What_is_no_frame_is_counted_as_done_in_its_turn_and_never_reaches_the_chip(uint buffer, int length)
    {
        _ring.Slot(1).BufferIndex = buffer;
        _ring.Slot(1).Length = (ushort)length;

        _queue.Transmit(_ring.Batch(0, 2)).Should().Be(2);
        _queue.Reclaim().Should().Be(0);
        _chip.SendAll().Should().HaveCount(1);
        _queue.Reclaim().Should().Be(2);
        _ring.BadSlots.Should().Be(1);
    }

    [Fact]
    public void A_batch_without_any_frame_is_done_at_once()
    {
        _ring.Slot(0).Length = 0;

        _queue.Transmit(_ring.Batch(0, 1)).Should().Be(1);
        _queue.Reclaim().Should().Be(1);
        _doorbell.Rings.Should().Be(0);
    }

    [Fact]
    public void A_frame_that_never_ends_is_dropped_whole()
    {
        using TestRing ring = new(RingDirection.Tx, 128);
        DescriptorTransmitQueue<AdvancedFormat> queue = new(
            ring.Ring, TestRing.Iova, _memory.Take("long", 128 * 16), _link, _doorbell, FrameMax);
        for (uint i = 0; i < 128; i++)
        {
            ring.Slot(i).Flags = SlotFlags.MoreFragments;
        }

        queue.Transmit(ring.Batch(0, 127)).Should().Be(127);
        queue.Reclaim().Should().Be(127);
        ring.BadSlots.Should().Be(1);
    }

    [Fact]
    public void Whatever_stands_in_the_slots_the_chip_reads_buffers_of_the_region_only()
    {
        Random random = new(1);
        uint at = 0;
        uint open = 0;
        ulong first = _ring.AddressOf(0);
        ulong end = _ring.AddressOf(_ring.Ring.BufferCount);
        for (int round = 0; round < 2000; round++)
        {
            uint count = (uint)random.Next(0, (int)(Slots - open));
            for (uint i = 0; i < count; i++)
            {
                ref NetmapSlot slot = ref _ring.Slot(at + i);
                slot.BufferIndex = random.Next(4) == 0 ? (uint)random.NextInt64(uint.MaxValue) : (uint)random.Next(200);
                slot.Length = (ushort)random.Next(ushort.MaxValue);
                slot.Flags = (SlotFlags)random.Next(ushort.MaxValue);
                slot.Pointer = (ulong)random.NextInt64();
            }

            uint taken = _queue.Transmit(_ring.Batch(at, count));
            at = (at + taken) % Slots;
            open += taken;
            foreach ((ulong address, uint length) in _chip.SendAll().SelectMany(static frame => frame))
            {
                address.Should().BeInRange(first, end);
                (address + length).Should().BeLessThanOrEqualTo(end);
            }

            open -= _queue.Reclaim();
        }

        open.Should().BeLessThan(Slots);
    }

    [Fact]
    public void Without_a_link_nothing_is_taken()
    {
        _link.IsUp = false;

        _queue.Transmit(_ring.Batch(0, 3)).Should().Be(0);
    }

    [Fact]
    public void After_a_restart_what_was_under_way_counts_as_sent_and_the_ring_begins_anew()
    {
        _queue.Transmit(_ring.Batch(0, 10)).Should().Be(10);
        _queue.Rewind();
        _chip.Reset();

        _queue.Reclaim().Should().Be(10);
        _queue.Transmit(_ring.Batch(10, 5)).Should().Be(5);
        _chip.SendAll().Should().HaveCount(5);
        _queue.Reclaim().Should().Be(5);
    }

    [Fact]
    public void Sending_allocates_nothing()
    {
        Send(50);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Send(50);
        GC.GetAllocatedBytesForCurrentThread().Should().Be(before);

        void Send(int rounds)
        {
            for (int i = 0; i < rounds; i++)
            {
                uint taken = _queue.Transmit(_ring.Batch(0, 32));
                Span<Descriptor> ring = _queue.Block.Items<Descriptor>();
                for (uint k = 0; k < taken; k++)
                {
                    ring[(int)((_doorbell.Tail + Slots - 1 - k) % Slots)].High |= 1UL << 32;
                }

                _ = _queue.Reclaim();
            }
        }
    }

    public void Dispose()
    {
        _ring.Dispose();
        _memory.Dispose();
    }
}

using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Intel;
using NetmapCuse.Drivers.Mmio;
using Xunit;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Tests.Drivers.Nic;

public sealed class DescriptorReceiveQueueTests : IDisposable
{
    private const uint Slots = 64;
    private const uint Bytes = 2048;

    private readonly TestRing _ring = new(RingDirection.Rx, Slots);
    private readonly ControlMemory _memory = new(0x10_0000, 1 << 16);
    private readonly PlayedDoorbell _doorbell = new();
    private readonly DescriptorReceiveQueue<AdvancedFormat> _queue;
    private readonly PlayedChip _chip;

    public DescriptorReceiveQueueTests()
    {
        _queue = new DescriptorReceiveQueue<AdvancedFormat>(
            _ring.Ring, TestRing.Iova, _memory.Take("rx", Slots * 16), _doorbell, Bytes);
        _chip = new PlayedChip(_queue, _doorbell);
        _queue.Take(_ring.Batch(0, Slots));
        _queue.Tell();
    }

    [Fact]
    public void A_frame_comes_with_the_buffer_that_it_was_received_into()
    {
        _queue.HasNews.Should().BeFalse();
        _chip.Receive(100).Should().BeTrue();

        _queue.HasNews.Should().BeTrue();
        _queue.Receive(_ring.Batch(0, Slots - 1)).Should().Be(1);
        _ring.Slot(0).Length.Should().Be(100);
        _ring.AddressOf(_ring.Slot(0).BufferIndex).Should().Be(_chip.LastAddress);
        _queue.HasNews.Should().BeFalse();
    }

    [Fact]
    public void A_ring_that_is_full_waits_and_goes_on_when_it_is_drained()
    {
        int received = 0;
        while (_chip.Receive(60))
        {
            received++;
        }

        received.Should().Be((int)Slots - 1);
        _queue.Receive(_ring.Batch(0, Slots - 1)).Should().Be(Slots - 1);
        _chip.Receive(60).Should().BeFalse();
        _queue.Refill(_ring.Batch(0, Slots - 1));
        _chip.Receive(61).Should().BeTrue();
        _queue.Receive(_ring.Batch(Slots - 1, Slots - 1)).Should().Be(1);
    }

    [Fact]
    public void Many_rounds_keep_every_buffer_once()
    {
        Random random = new(2);
        uint at = 0;
        for (int round = 0; round < 1000; round++)
        {
            for (int i = random.Next(20); i > 0 && _chip.Receive(60, isBad: random.Next(10) == 0); i--)
            {
            }

            uint filled = _queue.Receive(_ring.Batch(at, Slots - 1));
            _queue.Refill(_ring.Batch(at, filled));
            at = (at + filled) % Slots;
        }

        _queue.Close(_ring.Batch(at, Slots));
        Enumerable.Range(0, (int)Slots).Select(i => _ring.Slot((uint)i).BufferIndex).Should().OnlyHaveUniqueItems()
            .And.NotContain(0u);
    }

    [Fact]
    public void Parts_of_a_frame_come_together_or_wait()
    {
        _chip.Receive(2048, isLast: false);
        _queue.Receive(_ring.Batch(0, Slots - 1)).Should().Be(0);
        _chip.Receive(10);

        _queue.Receive(_ring.Batch(0, 1)).Should().Be(0);
        _queue.Receive(_ring.Batch(0, Slots - 1)).Should().Be(2);
        _ring.Slot(0).Flags.Should().Be(SlotFlags.MoreFragments);
        _ring.Slot(1).Flags.Should().Be(SlotFlags.None);
        _ring.Slot(1).Length.Should().Be(10);
    }

    [Fact]
    public void A_damaged_frame_is_not_shown_and_its_buffers_go_to_the_chip_again()
    {
        _chip.Receive(2048, isLast: false);
        _chip.Receive(10, isBad: true);
        _chip.Receive(70);

        _queue.Receive(_ring.Batch(0, Slots - 1)).Should().Be(1);
        _ring.Slot(0).Length.Should().Be(70);
        _chip.Owned.Should().Be(Slots - 2);
    }

    [Fact]
    public void A_length_that_no_buffer_has_is_cut()
    {
        _chip.Receive(60000);

        _queue.Receive(_ring.Batch(0, Slots - 1)).Should().Be(1);
        _ring.Slot(0).Length.Should().Be((ushort)Bytes);
    }

    [Fact]
    public void After_a_restart_the_chip_has_all_buffers_that_no_program_has()
    {
        for (int i = 0; i < 10; i++)
        {
            _chip.Receive(60);
        }

        _queue.Receive(_ring.Batch(0, 10)).Should().Be(10);
        _queue.Rewind();
        _chip.Reset();
        _queue.Tell();

        _chip.Owned.Should().Be(Slots - 10 - 1);
        _chip.Receive(80).Should().BeTrue();
        _queue.Receive(_ring.Batch(10, 20)).Should().Be(1);
        _queue.Refill(_ring.Batch(0, 11));
        _chip.Owned.Should().Be(Slots - 1);
    }

    public void Dispose()
    {
        _ring.Dispose();
        _memory.Dispose();
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FluentAssertions;
using NetmapCuse.Models;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>What a driver must not do, models tell of.</summary>
public sealed class ModelFaultTests
{
    private const int MemoryBytes = 1 << 16;

    [Theory]
    [InlineData(0x20u, 4, 0x1010u, "aligned")]
    [InlineData(0x38u, 1, 0x40u, "doorbell")]
    [InlineData(0x00u, 4, 0x1u, "locked")]
    public void Of_r8168(uint register, int bytes, uint value, string fault)
    {
        ChipModel chip = Make("r8168");
        chip.WriteRegister(2, register, bytes, value);
        chip.Faults.Should().ContainSingle().Which.Should().Contain(fault);
    }

    [Theory]
    [InlineData(0x1000u, 4, 0x1010u, "multiple")]
    [InlineData(0x6008u, 4, 0x1010u, "multiple")]
    [InlineData(0x6018u, 4, 5u, "off")]
    [InlineData(0x6028u, 4, 1u << 25, "without a length")]
    [InlineData(0x8120u, 4, 0u, "arbiter")]
    [InlineData(0x0880u, 2, 1u, "registers have 4")]
    public void Of_ixgbe(uint register, int bytes, uint value, string fault)
    {
        ChipModel chip = Make("ixgbe");
        chip.WriteRegister(0, register, bytes, value);
        chip.Faults.Should().Contain(text => text.Contains(fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0x144u, 0xc02201u, "transmitter")]
    [InlineData(0x108u, 0xff00ffu, null)]
    public void Of_nforce(uint register, uint value, string? fault)
    {
        ChipModel chip = Make("nforce");
        chip.WriteRegister(0, register, 4, value);
        chip.Faults.Should().HaveCount(fault is null ? 0 : 1);
        chip.Faults.All(text => text.Contains(fault!, StringComparison.Ordinal)).Should().BeTrue();
    }

    [Theory]
    [InlineData("r8168", 2, 0x38u, 1)]
    [InlineData("ixgbe", 0, 0x888u, 4)]
    [InlineData("mlx4", 2, 0x14u, 4)]
    public void Registers_that_can_only_be_written_are_not_read(string name, int bar, uint register, int bytes)
    {
        ChipModel chip = Make(name);
        chip.ReadRegister(bar, register, bytes);
        chip.Faults.Should().ContainSingle().Which.Should().Contain("only be written");
    }

    [Fact]
    public void A_buffer_that_is_given_twice_is_seen()
    {
        (ChipModel chip, byte[] memory) = MakeReceiver(isMaster: true);
        Give(memory, 0, 0x8000, isLast: false);
        Give(memory, 1, 0x8000, isLast: true);
        chip.Receive(new byte[60]);
        chip.Faults.Should().ContainSingle().Which.Should().Contain("another one has");
    }

    [Fact]
    public void A_hole_among_given_descriptors_is_seen()
    {
        (ChipModel chip, byte[] memory) = MakeReceiver(isMaster: true);
        Give(memory, 0, 0x8000, isLast: false);
        Give(memory, 2, 0x9000, isLast: true);
        chip.Receive(new byte[60]);
        chip.Faults.Should().ContainSingle().Which.Should().Contain("not given");
    }

    [Fact]
    public void Nothing_is_reached_without_the_right_to()
    {
        (ChipModel chip, byte[] memory) = MakeReceiver(isMaster: false);
        Give(memory, 0, 0x8000, isLast: true);
        chip.Receive(new byte[60]);
        chip.Faults.Should().Contain(text => text.Contains("bus mastering", StringComparison.Ordinal));
        memory.AsSpan(0x8000, 64).IndexOfAnyExcept((byte)0).Should().Be(-1);
    }

    private static ChipModel Make(string name)
    {
        ChipModel chip = Models.Chips.Make(name, name, [2, 0, 0, 0, 0, 1], 0)!;
        chip.Config.Write(4, [6, 0]);
        return chip;
    }

    // An RTL8168 that receives everything into a ring at 1000.
    private static (ChipModel Chip, byte[] Memory) MakeReceiver(bool isMaster)
    {
        ChipModel chip = Make("r8168");
        chip.Config.Write(4, [(byte)(isMaster ? 6 : 2), 0]);
        byte[] memory = new byte[MemoryBytes];
        chip.Memory = new PlainMemory(memory);
        chip.WriteRegister(2, 0xe4, 4, 0x1000);
        chip.WriteRegister(2, 0xda, 2, 2048);
        chip.WriteRegister(2, 0x44, 4, 1);
        chip.WriteRegister(2, 0x37, 1, 8);
        return (chip, memory);
    }

    private static void Give(byte[] memory, int descriptor, ulong buffer, bool isLast)
    {
        Span<byte> at = memory.AsSpan(0x1000 + (16 * descriptor));
        BinaryPrimitives.WriteUInt32LittleEndian(at, (1u << 31) | (isLast ? 1u << 30 : 0) | 2048);
        MemoryMarshal.Write(at[8..], in buffer);
    }

    private sealed class PlainMemory(byte[] bytes) : IDmaMemory
    {
        public bool Read(ulong iova, Span<byte> into)
        {
            bytes.AsSpan((int)iova, into.Length).CopyTo(into);
            return true;
        }

        public bool Write(ulong iova, ReadOnlySpan<byte> written)
        {
            written.CopyTo(bytes.AsSpan((int)iova));
            return true;
        }
    }
}

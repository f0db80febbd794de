using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FluentAssertions;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;
using Xunit;

namespace NetmapCuse.Tests.Abi;

/// <summary>Sizes and offsets as a C compiler gives them on x86-64 for the structures of the kernel's headers.</summary>
public sealed class FuseLayoutTests
{
    [Fact]
    public void Fuse_structures_have_the_sizes_of_the_kernel()
    {
        Unsafe.SizeOf<FuseInHeader>().Should().Be(40);
        Unsafe.SizeOf<FuseOutHeader>().Should().Be(16);
        Unsafe.SizeOf<FuseInitIn>().Should().Be(64);
        Unsafe.SizeOf<FuseInitOut>().Should().Be(64);
        Unsafe.SizeOf<FuseAttributes>().Should().Be(88);
        Unsafe.SizeOf<FuseAttrOut>().Should().Be(104);
        Unsafe.SizeOf<FuseSetattrIn>().Should().Be(88);
        Unsafe.SizeOf<FuseOpenOut>().Should().Be(16);
        Unsafe.SizeOf<FuseReleaseIn>().Should().Be(24);
        Unsafe.SizeOf<FuseFlushIn>().Should().Be(24);
        Unsafe.SizeOf<FuseIoctlIn>().Should().Be(32);
        Unsafe.SizeOf<FuseIoctlOut>().Should().Be(16);
        Unsafe.SizeOf<FusePollIn>().Should().Be(24);
        Unsafe.SizeOf<FusePollOut>().Should().Be(8);
        Unsafe.SizeOf<FuseInterruptIn>().Should().Be(8);
        Unsafe.SizeOf<FuseStatfsOut>().Should().Be(80);
        Unsafe.SizeOf<FuseNotifyPollWakeupOut>().Should().Be(8);
        Unsafe.SizeOf<FuseBackingMap>().Should().Be(16);
        Unsafe.SizeOf<FuseUringHeaders>().Should().Be(288);
        Unsafe.SizeOf<FuseUringEntInOut>().Should().Be(32);
        Unsafe.SizeOf<FuseUringCmdReq>().Should().Be(24);
    }

    [Fact]
    public void Io_uring_structures_have_the_sizes_of_the_kernel()
    {
        Unsafe.SizeOf<IoUringSqe>().Should().Be(128);
        Unsafe.SizeOf<IoUringCqe>().Should().Be(16);
        Unsafe.SizeOf<IoUringParams>().Should().Be(120);
        Unsafe.SizeOf<IoVector>().Should().Be(16);
    }

    [Theory]
    [InlineData(nameof(IoUringSqe.CommandOperation), 8)]
    [InlineData(nameof(IoUringSqe.Address), 16)]
    [InlineData(nameof(IoUringSqe.OperationFlags), 28)]
    [InlineData(nameof(IoUringSqe.UserData), 32)]
    [InlineData(nameof(IoUringSqe.Command), 48)]
    public void A_submission_has_its_fields_in_place(string field, int offset) =>
        Marshal.OffsetOf<IoUringSqe>(field).Should().Be((nint)offset);

    [Theory]
    [InlineData(nameof(FuseInitOut.Flags2), 32)]
    [InlineData(nameof(FuseInitOut.MaxStackDepth), 36)]
    [InlineData(nameof(FuseInitOut.MaxPages), 28)]
    public void The_answer_to_init_has_its_fields_in_place(string field, int offset) =>
        Marshal.OffsetOf<FuseInitOut>(field).Should().Be((nint)offset);
}

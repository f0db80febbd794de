using FluentAssertions;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

/// <summary>The pool arithmetic and every worked example of reference/netmap-abi.md sections 7.2, 7.3 and 7.6.</summary>
public sealed class RegionLayoutTests
{
    /// <summary>Rings and slots of a port, extra buffers, pipes allowed for; then the pools that the reference gives.</summary>
    public static TheoryData<uint[], uint[], ulong> PrivateRegions { get; } = new()
    {
        { [1, 1, 1024, 1024, 0, 2], [12, 1024, 12288, 20, 20480, 421888, 20482, 2048], 42369024 },
        { [1, 1, 16, 16, 0, 2], [12, 1024, 12288, 20, 20480, 421888, 4098, 2048], 8814592 },
        { [4, 4, 256, 256, 0, 2], [12, 1024, 12288, 26, 20480, 544768, 6658, 2048], 14180352 },
        { [16, 16, 4096, 4096, 0, 2], [12, 1024, 12288, 64, 65792, 4222976, 204802, 2048], 423657472 },
        { [1, 1, 1024, 1024, 0, 0], [4, 1024, 4096, 4, 20480, 86016, 4098, 2048], 8478720 },
        { [1, 2, 512, 512, 0, 0], [4, 1024, 4096, 5, 20480, 106496, 4098, 2048], 8499200 },
    };

    [Fact]
    public void The_global_region_has_the_documented_numbers()
    {
        RegionLayout layout = RegionLayout.TryCreate(RegionSizes.GlobalDefault, isPrivate: false)!;

        layout.If.Should().Be(new PoolSize(100, 1024));
        layout.RingPoolOffset.Should().Be(102400);
        layout.Ring.Should().Be(new PoolSize(200, 36864));
        layout.BufferPoolOffset.Should().Be(7475200);
        layout.Buffer.Should().Be(new PoolSize(163840, 2048));
        layout.MemorySize.Should().Be(343019520);
    }

    [Theory]
    [MemberData(nameof(PrivateRegions))]
    public void Private_regions_have_the_documented_numbers(uint[] port, uint[] pools, ulong bytes)
    {
        ArgumentNullException.ThrowIfNull(port);
        RegionSizes sizes = RegionSizes.ForPort(
            RegionSizes.PrivateMinimum, new PortRings(port[0], port[1], port[2], port[3]), port[4], port[5]);

        RegionLayout layout = RegionLayout.TryCreate(sizes, isPrivate: true)!;

        uint[] actual =
        [
            layout.If.Count, layout.If.ObjectSize,
            (uint)layout.RingPoolOffset, layout.Ring.Count, layout.Ring.ObjectSize,
            (uint)layout.BufferPoolOffset, layout.Buffer.Count, layout.Buffer.ObjectSize,
        ];
        actual.Should().Equal(pools);
        layout.MemorySize.Should().Be(bytes);
    }

    [Fact]
    public void Extra_buffers_enlarge_the_buffer_pool()
    {
        PortRings rings = new(1, 1, 1024, 1024);

        uint without = RegionSizes.ForPort(RegionSizes.PrivateMinimum, rings, 0, 2).Buffer.Count;
        uint with = RegionSizes.ForPort(RegionSizes.PrivateMinimum, rings, 1000, 2).Buffer.Count;

        (with - without).Should().Be(1000);
    }

    [Theory]
    [InlineData(55u, 10u, true)]
    [InlineData(0u, 10u, false)]
    [InlineData(4096u, 10u, true)]
    [InlineData(4097u, 10u, false)]
    [InlineData(1024u, 9u, false)]
    [InlineData(1024u, 10000u, true)]
    [InlineData(1024u, 10001u, false)]
    public void The_if_pool_of_the_global_region_has_limits(uint size, uint count, bool valid) =>
        Accepts(RegionSizes.GlobalDefault with { If = new(count, size) }, isPrivate: false)
            .Should().Be(valid);

    [Theory]
    [InlineData(0u, false)]
    [InlineData(1u, true)]
    [InlineData(100u, true)]
    [InlineData(101u, false)]
    public void The_if_pool_of_private_regions_has_limits_of_its_own(uint count, bool valid) =>
        Accepts(RegionSizes.PrivateMinimum with { If = new(count, 1024) }, isPrivate: true).Should().Be(valid);

    [Theory]
    [InlineData(192u, 4u, false)]
    [InlineData(193u, 4u, true)]
    [InlineData(256u, 4u, true)]
    [InlineData(131072u, 4u, true)]
    [InlineData(131073u, 4u, false)]
    [InlineData(20480u, 1u, false)]
    [InlineData(20480u, 2u, true)]
    [InlineData(20480u, 1024u, true)]
    [InlineData(20480u, 1025u, false)]
    public void The_ring_pool_has_limits(uint size, uint count, bool valid) =>
        Accepts(RegionSizes.PrivateMinimum with { Ring = new(count, size) }, isPrivate: true).Should().Be(valid);

    [Theory]
    [InlineData(0u, 4098u, false)]
    [InlineData(64u, 4098u, true)]
    [InlineData(65536u, 4098u, true)]
    [InlineData(65537u, 4098u, false)]
    [InlineData(2048u, 3u, false)]
    [InlineData(2048u, 4u, true)]
    [InlineData(2048u, 1000000u, true)]
    [InlineData(2048u, 1000001u, false)]
    public void The_buffer_pool_has_limits(uint size, uint count, bool valid) =>
        Accepts(RegionSizes.PrivateMinimum with { Buffer = new(count, size) }, isPrivate: true).Should().Be(valid);

    [Theory]
    [InlineData(1000u, 5u, 1024u, 8u)]
    [InlineData(65u, 3u, 128u, 32u)]
    [InlineData(2112u, 100u, 2112u, 128u)]
    [InlineData(4096u, 7u, 4096u, 7u)]
    public void Sizes_are_rounded_to_cache_lines_and_counts_to_whole_clusters(
        uint size, uint count, uint roundedSize, uint roundedCount)
    {
        RegionSizes sizes = RegionSizes.PrivateMinimum with { Buffer = new(Math.Max(count, 4), size) };

        RegionLayout layout = RegionLayout.TryCreate(sizes, isPrivate: true)!;

        layout.Buffer.ObjectSize.Should().Be(roundedSize);
        layout.Buffer.Count.Should().Be(roundedCount);
        (layout.Buffer.Bytes % RegionLayout.Page).Should().Be(0);
    }

    private static bool Accepts(RegionSizes sizes, bool isPrivate) => RegionLayout.TryCreate(sizes, isPrivate) is not null;
}

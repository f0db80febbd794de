using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

/// <summary>The examples of netmap-abi.md section 7.6, and the edges.</summary>
public sealed class ExtMemLayoutTests
{
    [Fact]
    public void All_fields_zero()
    {
        RegionLayout layout = Layout(new NmreqPoolsInfo { MemorySize = 16 << 20 });

        layout.If.Should().Be(new PoolSize(2, 1024));
        layout.Ring.Should().Be(new PoolSize(4, 20480));
        layout.Buffer.Should().Be(new PoolSize(8150, 2048));
        layout.RingPoolOffset.Should().Be(4096);
        layout.BufferPoolOffset.Should().Be(86016);
        layout.MemorySize.Should().Be(16 << 20);
    }

    [Fact]
    public void Memory_of_exactly_the_sum()
    {
        RegionLayout layout = Layout(new NmreqPoolsInfo
        {
            MemorySize = 8423424,
            IfPoolObjects = 2,
            IfPoolObjectSize = 1024,
            RingPoolObjects = 64,
            RingPoolObjectSize = 512,
            BufferPoolObjects = 4096,
            BufferPoolObjectSize = 2048,
        });

        layout.RingPoolOffset.Should().Be(4096);
        layout.BufferPoolOffset.Should().Be(36864);
        layout.Buffer.Count.Should().Be(4096);
        layout.MemorySize.Should().Be(8425472);
    }

    [Fact]
    public void Zero_fields_are_filled_in_and_others_stay()
    {
        NmreqPoolsInfo info = new() { BufferPoolObjects = 7, RingPoolObjectSize = 4096 };

        ExtMemLayout.Complete(ref info, RegionSizes.PrivateMinimum);

        info.Should().BeEquivalentTo(new NmreqPoolsInfo
        {
            IfPoolObjects = 2,
            IfPoolObjectSize = 1024,
            RingPoolObjects = 4,
            RingPoolObjectSize = 4096,
            BufferPoolObjects = 7,
            BufferPoolObjectSize = 2048,
        }, options => options.IncludingInternalFields());
    }

    [Theory]
    [InlineData(8476671, 0, 0, Errno.NoMem)]
    [InlineData(8476672, 0, 0, Errno.Ok)]
    [InlineData(1 << 24, uint.MaxValue, uint.MaxValue, Errno.NoMem)]
    [InlineData(1 << 24, 100, 100, Errno.Ok)]
    [InlineData(1 << 24, 100, 32, Errno.NoMem)]
    [InlineData(1 << 24, 10, 65600, Errno.NoMem)]
    [InlineData(1 << 24, 10, 65536, Errno.Ok)]
    public void Pools_have_to_fit(ulong memory, uint buffers, uint size, int error)
    {
        NmreqPoolsInfo info = new() { MemorySize = memory, BufferPoolObjects = buffers, BufferPoolObjectSize = size };
        ExtMemLayout.Complete(ref info, RegionSizes.PrivateMinimum);

        ExtMemLayout.TryCreate(info, out RegionLayout layout).Should().Be(error);

        if (error == Errno.Ok)
        {
            layout.MemorySize.Should().BeLessThanOrEqualTo(RegionLayout.RoundUp(memory));
        }
    }

    [Fact]
    public void Buffers_have_the_size_that_was_asked_for_and_the_other_objects_start_on_cache_lines()
    {
        RegionLayout layout = Layout(new NmreqPoolsInfo
        {
            MemorySize = 16 << 20,
            IfPoolObjects = 3,
            IfPoolObjectSize = 1001,
            RingPoolObjects = 5,
            RingPoolObjectSize = 20481,
            BufferPoolObjects = 100,
            BufferPoolObjectSize = 1527,
        });

        layout.If.Should().Be(new PoolSize(3, 1024));
        layout.Ring.Should().Be(new PoolSize(5, 20544));
        layout.Buffer.ObjectSize.Should().Be(1527);
        layout.BufferPoolOffset.Should().Be(4096 + (26 * 4096));
        layout.MemorySize.Should().Be(16 << 20);
        layout.Buffer.Count.Should().Be(((16 << 20) - (uint)layout.BufferPoolOffset) / 1527);
    }

    [Fact]
    public void A_terabyte_of_nothing_costs_no_account_of_its_size()
    {
        RegionLayout layout = Layout(new NmreqPoolsInfo { MemorySize = 1UL << 40, BufferPoolObjectSize = 64 });

        layout.Buffer.Count.Should().Be(1_000_000);
    }

    private static RegionLayout Layout(NmreqPoolsInfo info)
    {
        ExtMemLayout.Complete(ref info, RegionSizes.PrivateMinimum);
        ExtMemLayout.TryCreate(info, out RegionLayout layout).Should().Be(Errno.Ok);
        return layout;
    }
}

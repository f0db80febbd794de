using FluentAssertions;
using NetmapCuse.Core.Memory;
using NetmapCuse.Drivers.Nic;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Nic;

public sealed class DmaPlanTests
{
    [Theory]
    [InlineData(64u, true)]
    [InlineData(39u, true)]
    [InlineData(32u, true)]
    public void A_region_lies_where_the_chip_reaches_it_and_never_where_interrupts_go(uint bits, bool fits)
    {
        using Arena arena = new(1UL << 30);
        Region region = new RegionTable(arena, RegionSizes.GlobalDefault).Global;

        ulong? place = DmaPlan.Place(region, bits);

        place.HasValue.Should().Be(fits);
        ulong end = place!.Value + region.Layout.MemorySize;
        (end <= 0xfee0_0000 || place >= 0xfef0_0000).Should().BeTrue();
        (bits == 64 || end <= 1UL << (int)bits).Should().BeTrue();
    }

    [Fact]
    public void What_short_addresses_do_not_reach_is_refused()
    {
        using Arena arena = new(16UL << 30);
        RegionSizes large = new(new(100, 1024), new(200, 36864), new(1_000_000, 4096));
        Region region = new RegionTable(arena, RegionSizes.GlobalDefault).Global;
        region.EndMemory();
        RegionLayout layout = RegionLayout.TryCreate(large, isPrivate: false)!;
        arena.TryTake(layout.MemorySize, ulong.MaxValue, out ulong offset).Should().BeTrue();
        region.Relocate(new ArenaRange(arena, offset, layout.MemorySize), layout);

        DmaPlan.Place(region, 32).Should().BeNull();
        DmaPlan.Place(region, 64).Should().NotBeNull();
    }
}

using FluentAssertions;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

public sealed class ArenaMapTests
{
    private const ulong Page = RegionLayout.Page;

    [Fact]
    public void Ranges_are_first_fit_and_whole_pages()
    {
        ArenaMap map = new(10 * Page);

        Take(map, 1).Should().Be(0);
        Take(map, Page + 1).Should().Be(Page);
        Take(map, Page).Should().Be(3 * Page);
        map.Return(Page);
        Take(map, Page).Should().Be(Page);
        Take(map, 2 * Page).Should().Be(4 * Page);
        Take(map, Page).Should().Be(2 * Page);
    }

    [Fact]
    public void Nothing_reaches_over_the_end_or_over_the_limit()
    {
        ArenaMap map = new(10 * Page);

        map.TryTake(11 * Page, ulong.MaxValue, out _).Should().BeFalse();
        map.TryTake(4 * Page, 3 * Page, out _).Should().BeFalse();
        map.TryTake(4 * Page, 4 * Page, out _).Should().BeTrue();
        map.TryTake(Page, 4 * Page, out _).Should().BeFalse();
        map.TryTake(6 * Page, ulong.MaxValue, out ulong offset).Should().BeTrue();
        offset.Should().Be(4 * Page);
        map.TryTake(1, ulong.MaxValue, out _).Should().BeFalse();
    }

    [Fact]
    public void Ranges_never_overlap()
    {
        Random random = new(11);
        ArenaMap map = new(100 * Page);
        Dictionary<ulong, ulong> used = [];
        for (int step = 0; step < 2000; step++)
        {
            ulong pages = (ulong)random.Next(1, 12);
            if (random.Next(3) != 0 && map.TryTake(pages * Page, ulong.MaxValue, out ulong offset))
            {
                used.All(other => offset + (pages * Page) <= other.Key || other.Key + other.Value <= offset)
                    .Should().BeTrue();
                (offset + (pages * Page)).Should().BeLessThanOrEqualTo(map.Size);
                used.Add(offset, pages * Page);
            }
            else if (used.Count != 0)
            {
                ulong start = used.Keys.ElementAt(random.Next(used.Count));
                map.Return(start);
                used.Remove(start);
            }
        }
    }

    [Fact]
    public void Returning_a_range_that_nobody_has_is_a_broken_invariant()
    {
        ArenaMap map = new(Page);

        FluentActions.Invoking(() => map.Return(0)).Should().Throw<InvalidOperationException>();
    }

    private static ulong Take(ArenaMap map, ulong bytes)
    {
        map.TryTake(bytes, ulong.MaxValue, out ulong offset).Should().BeTrue();
        return offset;
    }
}

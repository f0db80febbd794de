using FluentAssertions;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

public sealed class ObjectPoolTests
{
    [Fact]
    public void The_lowest_free_index_is_taken_and_reserved_ones_never()
    {
        ObjectPool pool = new(5, reserved: 2);

        Take(pool).Should().Equal(2u, 3u, 4u);
        pool.Free.Should().Be(0);
        pool.Return(3);
        pool.Return(2);
        Take(pool).Should().Equal(2u, 3u);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(63u)]
    [InlineData(64u)]
    [InlineData(65u)]
    [InlineData(128u)]
    [InlineData(4098u)]
    public void Every_object_is_handed_out_once(uint count)
    {
        ObjectPool pool = new(count, reserved: 0);

        List<uint> taken = Take(pool);

        taken.Should().Equal(Enumerable.Range(0, (int)count).Select(i => (uint)i));
        pool.TryTake(out _).Should().BeFalse();
    }

    [Fact]
    public void It_behaves_like_a_sorted_set()
    {
        Random random = new(7);
        ObjectPool pool = new(200, reserved: 2);
        SortedSet<uint> free = [.. Enumerable.Range(2, 198).Select(i => (uint)i)];
        List<uint> used = [];
        for (int step = 0; step < 5000; step++)
        {
            if (random.Next(2) == 0)
            {
                pool.TryTake(out uint index).Should().Be(free.Count != 0);
                if (free.Count != 0)
                {
                    index.Should().Be(free.Min);
                    free.Remove(index);
                    used.Add(index);
                }
            }
            else if (used.Count != 0)
            {
                int place = random.Next(used.Count);
                pool.Return(used[place]);
                free.Add(used[place]);
                used.RemoveAt(place);
            }

            pool.Free.Should().Be((uint)free.Count);
        }
    }

    [Theory]
    [InlineData(3u)]
    [InlineData(10u)]
    [InlineData(uint.MaxValue)]
    public void Giving_back_what_nobody_has_is_a_broken_invariant(uint index)
    {
        ObjectPool pool = new(10, reserved: 2);

        FluentActions.Invoking(() => pool.Return(index)).Should().Throw<InvalidOperationException>();
    }

    private static List<uint> Take(ObjectPool pool)
    {
        List<uint> taken = [];
        while (pool.TryTake(out uint index))
        {
            taken.Add(index);
        }

        return taken;
    }
}

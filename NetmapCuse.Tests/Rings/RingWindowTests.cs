using FluentAssertions;
using NetmapCuse.Core.Rings;
using Xunit;

namespace NetmapCuse.Tests.Rings;

/// <summary>All values of small rings against a model that walks slot by slot.</summary>
public sealed class RingWindowTests
{
    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    [InlineData(5u)]
    [InlineData(8u)]
    public void Holds_is_what_walking_finds(uint n)
    {
        List<(uint, uint, uint, uint)> wrong = [];
        for (uint first = 0; first < n; first++)
        {
            for (uint last = 0; last < n; last++)
            {
                for (uint head = 0; head < n + 2; head++)
                {
                    for (uint cur = 0; cur < n + 2; cur++)
                    {
                        if (RingWindow.Holds(first, last, head, cur, n) != Walk(first, last, head, cur, n))
                        {
                            wrong.Add((first, last, head, cur));
                        }
                    }
                }
            }
        }

        wrong.Should().BeEmpty();
    }

    [Theory]
    [InlineData(uint.MaxValue, 0u)]
    [InlineData(0u, uint.MaxValue)]
    [InlineData(0x8000_0000u, 0x8000_0000u)]
    public void Values_far_outside_never_pass(uint head, uint cur) =>
        RingWindow.Holds(3, 2, head, cur, 1024).Should().BeFalse();

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(7u)]
    public void Steps_go_round(uint n)
    {
        for (uint slot = 0; slot < n; slot++)
        {
            RingWindow.Next(slot, n).Should().Be((slot + 1) % n);
            RingWindow.Previous(slot, n).Should().Be((slot + n - 1) % n);
            for (uint distance = 0; distance < n; distance++)
            {
                uint end = RingWindow.Advance(slot, distance, n);
                end.Should().Be((slot + distance) % n);
                RingWindow.Distance(slot, end, n).Should().Be(distance);
            }
        }
    }

    /// <summary>From first to last: head has to come by, then cur (not before head).</summary>
    private static bool Walk(uint first, uint last, uint head, uint cur, uint n)
    {
        bool seenHead = false;
        for (uint slot = first; ; slot = (slot + 1) % n)
        {
            seenHead |= slot == head;
            if (seenHead && slot == cur)
            {
                return true;
            }

            if (slot == last)
            {
                return false;
            }
        }
    }
}

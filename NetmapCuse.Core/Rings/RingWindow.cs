namespace NetmapCuse.Core.Rings;

/// <summary>Circular arithmetic on slot numbers of a ring of n slots, all below n.</summary>
internal static class RingWindow
{
    /// <summary>Slots from <paramref name="from"/> up to, not including, <paramref name="to"/>.</summary>
    internal static uint Distance(uint from, uint to, uint n) => to >= from ? to - from : to + n - from;

    internal static uint Next(uint slot, uint n) => slot + 1 == n ? 0 : slot + 1;

    internal static uint Previous(uint slot, uint n) => (slot == 0 ? n : slot) - 1;

    /// <summary>The slot <paramref name="distance"/> (below n) slots further on.</summary>
    internal static uint Advance(uint slot, uint distance, uint n)
    {
        uint sum = slot + distance;
        return sum >= n ? sum - n : sum;
    }

    /// <summary>
    /// The prologue's check: first &lt;= head &lt;= last and head &lt;= cur &lt;= last, circularly, and both below n
    /// (the original lets a cur of n or more pass when the interval wraps; this does not).
    /// </summary>
    internal static bool Holds(uint first, uint last, uint head, uint cur, uint n)
    {
        if (head >= n || cur >= n)
        {
            return false;
        }

        uint span = Distance(first, last, n);
        uint toHead = Distance(first, head, n);
        uint toCur = Distance(first, cur, n);
        return toHead <= toCur && toCur <= span;
    }
}

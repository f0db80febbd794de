using FluentAssertions;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

public sealed class BufferLedgerTests
{
    private const uint Count = 12;
    private readonly BufferLedger _ledger = new(Count);

    [Fact]
    public void Holders_that_give_back_what_they_took_leave_nothing_behind()
    {
        (int a, List<uint> ofA) = Take(3);
        (int b, List<uint> ofB) = Take(4);

        ofA.Should().Equal(2u, 3u, 4u);
        ofB.Should().Equal(5u, 6u, 7u, 8u);
        End([a], ofA);
        _ledger.Audit().Should().Be((6u, 4u, 0u));
        End([b], ofB);
        _ledger.Audit().Should().Be((10u, 0u, 0u));
    }

    [Fact]
    public void Swapped_buffers_go_with_the_ring_that_shows_them()
    {
        (int a, List<uint> ofA) = Take(2);
        (int b, List<uint> ofB) = Take(2);
        (ofA[0], ofB[0]) = (ofB[0], ofA[0]);

        End([a], ofA, shown: ofB);

        _ledger.Audit().Should().Be((8u, 2u, 0u));
        TakeAll().Should().NotContain(ofB, "the ring that stays has them");
        End([b], ofB);
        _ledger.Audit().Limbo.Should().Be(0);
    }

    [Fact]
    public void A_duplicate_is_freed_once()
    {
        (int a, List<uint> _) = Take(3);

        End([a], [2, 2, 2]);

        _ledger.Audit().Should().Be((10u, 0u, 0u));
    }

    [Fact]
    public void Indexes_that_are_no_buffers_are_ignored()
    {
        (int a, List<uint> _) = Take(3);

        End([a], [0, 1, uint.MaxValue, Count, 2]);

        _ledger.Audit().Should().Be((10u, 0u, 0u));
    }

    [Fact]
    public void A_ring_cannot_give_away_what_another_shows()
    {
        (int a, List<uint> _) = Take(2);
        (int b, List<uint> ofB) = Take(2);

        End([a], ofB, shown: ofB);

        _ledger.Audit().Should().Be((8u, 2u, 0u));
        TakeAll().Should().NotContain(ofB);
        _ = b;
    }

    [Fact]
    public void A_ring_cannot_give_away_the_extra_buffers_of_another()
    {
        (int a, List<uint> _) = Take(2);
        (int extra, List<uint> kept) = Take(2, extra: true);

        End([a], kept);

        TakeAll().Should().NotContain(kept);
        _ledger.Audit().Limbo.Should().Be(2, "the program with extra buffers may have put them aside");
        _ = extra;
    }

    [Fact]
    public void What_may_have_been_put_aside_is_free_when_the_extra_buffers_end()
    {
        (int a, List<uint> ofA) = Take(2);
        (int extra, List<uint> kept) = Take(1, extra: true);
        (ofA[0], kept[0]) = (kept[0], ofA[0]);

        End([a], ofA);
        _ledger.Audit().Should().Be((8u, 1u, 1u));
        End([extra], kept);

        _ledger.Audit().Should().Be((10u, 0u, 0u));
    }

    [Fact]
    public void A_buffer_in_limbo_stays_while_a_ring_shows_it()
    {
        (int a, List<uint> ofA) = Take(2);
        (int b, List<uint> _) = Take(2);

        // b has a's buffers in its slots, a has nothing to show for them.
        End([a], [0, 0], shown: ofA);
        _ledger.Audit().Should().Be((6u, 2u, 2u));
        TakeAll().Should().NotContain(ofA);
        End([b], ofA);

        _ledger.Audit().Should().Be((4u, 6u, 0u), "the rest has been taken meanwhile");
    }

    [Fact]
    public void Ending_a_holder_twice_is_a_broken_invariant()
    {
        (int a, List<uint> ofA) = Take(1);
        End([a], ofA);

        FluentActions.Invoking(() => End([a], ofA)).Should().Throw<InvalidOperationException>();
    }

    /// <summary>Random programs: rings swap, lie and end in any order, some hold extra buffers.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_buffer_is_lost_or_owned_twice_whatever_the_slots_say(int seed)
    {
        Random random = new(seed);
        BufferLedger ledger = new(64);
        Dictionary<int, uint[]> rings = [];
        for (int step = 0; step < 3000; step++)
        {
            switch (random.Next(4))
            {
                case 0:
                    Add(ledger, rings, random.Next(1, 9), extra: random.Next(4) == 0);
                    break;
                case 1 when rings.Count > 1:
                    Swap(rings, random);
                    break;
                case 2 when rings.Count > 0:
                    uint[] slots = rings.Values.ElementAt(random.Next(rings.Count));
                    slots[random.Next(slots.Length)] = (uint)random.Next(70);
                    break;
                case 3 when rings.Count > 0:
                    End(ledger, rings, rings.Keys.ElementAt(random.Next(rings.Count)));
                    break;
            }

            (uint free, uint charged, uint limbo) = ledger.Audit();
            (free + charged + limbo).Should().Be(62);
        }

        foreach (int holder in rings.Keys.ToArray())
        {
            End(ledger, rings, holder);
        }

        ledger.Audit().Should().Be((62u, 0u, 0u));
    }

    private static void Add(BufferLedger ledger, Dictionary<int, uint[]> rings, int size, bool extra)
    {
        int holder = ledger.AddHolder(extra);
        List<uint> taken = [];
        while (taken.Count < size && ledger.TryTake(holder, out uint buffer))
        {
            taken.Add(buffer);
        }

        rings.Add(holder, taken.Count != 0 ? [.. taken] : [0]);
    }

    private static void Swap(Dictionary<int, uint[]> rings, Random random)
    {
        uint[] a = rings.Values.ElementAt(random.Next(rings.Count));
        uint[] b = rings.Values.ElementAt(random.Next(rings.Count));
        int i = random.Next(a.Length);
        int j = random.Next(b.Length);
        (a[i], b[j]) = (b[j], a[i]);
    }

    private static void End(BufferLedger ledger, Dictionary<int, uint[]> rings, int holder)
    {
        rings.Remove(holder, out uint[]? slots);
        ledger.Return([holder], slots!, shown => rings.Values.SelectMany(ring => ring).ToList().ForEach(b => shown.Add(b)));
    }

    private (int Holder, List<uint> Buffers) Take(int count, bool extra = false)
    {
        int holder = _ledger.AddHolder(extra);
        List<uint> buffers = [];
        for (int i = 0; i < count; i++)
        {
            _ledger.TryTake(holder, out uint buffer).Should().BeTrue();
            buffers.Add(buffer);
        }

        return (holder, buffers);
    }

    private List<uint> TakeAll()
    {
        int holder = _ledger.AddHolder(extra: false);
        List<uint> buffers = [];
        while (_ledger.TryTake(holder, out uint buffer))
        {
            buffers.Add(buffer);
        }

        return buffers;
    }

    private void End(int[] holders, List<uint> found, List<uint>? shown = null) =>
        _ledger.Return(holders, found, set => (shown ?? []).ForEach(buffer => set.Add(buffer)));
}

using FluentAssertions;
using NetmapCuse.Core.Clients;
using Xunit;

namespace NetmapCuse.Tests.Clients;

public sealed class QuotasTests
{
    private readonly Quotas _quotas = new(1UL << 30, Serilog.Core.Logger.None);

    [Fact]
    public void Nobody_may_have_more_than_is_left()
    {
        List<QuotaClaim> first = TakeAll(2000);
        List<QuotaClaim> second = TakeAll(2001);
        List<QuotaClaim> third = TakeAll(2002);

        first.Should().HaveCount(28, "half of what is not kept for root");
        second.Should().HaveCount(14);
        third.Should().HaveCount(7);
        TakeAll(0).Should().HaveCount(64 - 28 - 14 - 7, "root may have what is left");
        _quotas.TryTake(2003, QuotaKind.Loop).Should().BeNull();
    }

    [Fact]
    public void Greedy_users_never_leave_nothing()
    {
        for (uint user = 1; user <= 5; user++)
        {
            TakeAll(user).Should().NotBeEmpty();
        }

        _quotas.TryTake(0, QuotaKind.Loop).Should().NotBeNull();
    }

    [Fact]
    public void What_is_given_back_can_be_taken_again_and_goes_back_once()
    {
        List<QuotaClaim> mine = TakeAll(2000);
        foreach (QuotaClaim claim in mine)
        {
            claim.Dispose();
            claim.Dispose();
        }

        _quotas.Taken(QuotaKind.Loop).Should().Be(0);
        TakeAll(2000).Should().HaveCount(mine.Count);
    }

    [Fact]
    public void Large_amounts_count_as_what_they_are()
    {
        const ulong All = (1UL << 30) / 4096;
        _quotas.TryTake(2000, QuotaKind.ArenaPage, All / 2).Should().BeNull();
        _quotas.TryTake(2000, QuotaKind.ArenaPage, All / 4).Should().NotBeNull();
        _quotas.TryTake(2000, QuotaKind.ArenaPage, ulong.MaxValue / 2).Should().BeNull();
        _quotas.TryTake(0, QuotaKind.ArenaPage, All / 2).Should().NotBeNull();
    }

    private List<QuotaClaim> TakeAll(uint user)
    {
        List<QuotaClaim> all = [];
        while (_quotas.TryTake(user, QuotaKind.Loop) is { } claim)
        {
            all.Add(claim);
        }

        return all;
    }
}

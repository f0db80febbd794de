using NetmapCuse.Core.Memory;
using Serilog;

namespace NetmapCuse.Core.Clients;

/// <summary>
/// Shares what is bounded among users, by one rule: nobody may have more of a thing than is left of it. Who is alone can have half
/// of everything, two can have a third each, and however greedy the others are, something is left for whoever comes next. Root may
/// have everything, and an eighth is kept for it.
/// </summary>
/// <remarks>
/// Users are those who opened the descriptor, as the daemon's own user namespace knows them: root of a container with a user
/// namespace of its own is a user like any other. Any thread.
/// </remarks>
internal sealed class Quotas
{
    private const uint Root = 0;
    private const ulong RootShare = 8;

    private readonly Lock _lock = new();
    private readonly Pool[] _pools;
    private readonly ILogger _log;

    /// <param name="arenaBytes">Bytes of the arena.</param>
    /// <param name="log">Where a refusal is told.</param>
    internal Quotas(ulong arenaBytes, ILogger log)
    {
        _log = log;
        _pools = [.. Enum.GetValues<QuotaKind>().Select(kind => new Pool(Total(kind, arenaBytes)))];
    }

    /// <summary>Takes so many of a thing. Null: the user has enough, or nothing is left; it is in the log.</summary>
    internal QuotaClaim? TryTake(uint user, QuotaKind kind, ulong amount = 1)
    {
        Pool pool = _pools[(int)kind];
        ulong own;
        ulong left;
        lock (_lock)
        {
            own = pool.Users.GetValueOrDefault(user);
            left = pool.Total - pool.Taken;
            if (user == Root ? amount <= left : IsFair(pool, own, amount))
            {
                pool.Taken += amount;
                pool.Users[user] = own + amount;
                return new QuotaClaim(() => Return(user, pool, amount));
            }
        }

        _log.Warning(
            "User {User} is refused: {Kind} {Own} are its own already, {Left} of {Total} are left for all", user, kind, own, left, pool.Total);
        return null;
    }

    /// <summary>How many are taken by all together.</summary>
    internal ulong Taken(QuotaKind kind)
    {
        lock (_lock)
        {
            return _pools[(int)kind].Taken;
        }
    }

    private static bool IsFair(Pool pool, ulong own, ulong amount)
    {
        ulong common = pool.Total - (pool.Total / RootShare);
        return pool.Taken <= common && amount <= common - pool.Taken && own + amount <= common - pool.Taken - amount + 1;
    }

    private void Return(uint user, Pool pool, ulong amount)
    {
        lock (_lock)
        {
            Check.That(pool.Users.GetValueOrDefault(user) >= amount, "a user gives back more than it has");
            pool.Taken -= amount;
            if ((pool.Users[user] -= amount) == 0)
            {
                pool.Users.Remove(user);
            }
        }
    }

    private static ulong Total(QuotaKind kind, ulong arenaBytes) => kind switch
    {
        QuotaKind.File => 16384,
        QuotaKind.Region => ushort.MaxValue - 1,
        QuotaKind.ArenaPage => arenaBytes / RegionLayout.Page,
        QuotaKind.ExternalRegion => 64,
        QuotaKind.Loop => 64,
        QuotaKind.Monitor => 1024,
        _ => 256,
    };

    private sealed class Pool(ulong total)
    {
        internal ulong Total { get; } = total;

        internal ulong Taken { get; set; }

        internal Dictionary<uint, ulong> Users { get; } = [];
    }
}

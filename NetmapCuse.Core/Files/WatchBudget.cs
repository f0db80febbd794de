using System.Diagnostics;

namespace NetmapCuse.Core.Files;

/// <summary>
/// How long a poll that finds nothing watches its rings before it lets the caller sleep. Waking a sleeper costs 40 us and
/// more, the time of a full ring, so watching pays when news come soon; when they do not, less and less is spent on it,
/// down to nothing but a probe now and then. Shared by the threads that poll one file; a lost update does no harm.
/// </summary>
internal sealed class WatchBudget
{
    /// <summary>After this many futile watches in a row only every 2^n-th sleep is preceded by one, n growing to the limit.</summary>
    private const int FutileMax = 6;

    private int _futile;
    private uint _sleeps;

    /// <summary>Ticks of <see cref="Stopwatch"/> to watch now; 0 for not at all.</summary>
    internal long Ticks(int microseconds)
    {
        uint mask = (1u << Math.Max(0, _futile)) - 1;
        return (_sleeps++ & mask) == 0 ? microseconds * (Stopwatch.Frequency / 1_000_000) : 0;
    }

    internal void Succeeded() => _futile = 0;

    internal void Failed() => _futile = Math.Min(_futile + 1, FutileMax);
}

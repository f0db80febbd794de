using System.Diagnostics;

namespace NetmapCuse.Drivers.VhostUser;

/// <summary>
/// How long the thread of a guest's port watches before it sleeps: a kick costs the guest an exit and us a wake-up, so watching pays
/// when more is coming, and less and less is spent on it when nothing does.
/// </summary>
internal sealed class WatchTime(int microseconds)
{
    /// <summary>After this many futile watches in a row only every 2^n-th sleep is preceded by one, n growing to the limit.</summary>
    private const int FutileMax = 6;

    private const int PausesPerLook = 8;

    private readonly long _ticks = Environment.ProcessorCount > 1 ? microseconds * (Stopwatch.Frequency / 1_000_000) : 0;
    private int _futile;
    private uint _sleeps;

    /// <summary>Looks until there is something, or the time is over. True when there was.</summary>
    internal bool Look(Func<bool> look)
    {
        uint mask = (1u << _futile) - 1;
        if (_ticks == 0 || (_sleeps++ & mask) != 0)
        {
            return false;
        }

        for (long end = Stopwatch.GetTimestamp() + _ticks; Stopwatch.GetTimestamp() < end;)
        {
            Thread.SpinWait(PausesPerLook);
            if (look())
            {
                _futile = 0;
                return true;
            }
        }

        _futile = Math.Min(_futile + 1, FutileMax);
        return false;
    }
}

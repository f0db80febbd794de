using System.Diagnostics;

namespace NetmapCuse.Models;

/// <summary>What a chip will do later. Its lock is the chip's.</summary>
internal sealed class ModelClock
{
    private readonly PriorityQueue<Action, long> _work = new();

    internal TimeSpan? UntilNext =>
        _work.TryPeek(out _, out long due) ? Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) : null;

    internal void Schedule(TimeSpan delay, Action work) =>
        _work.Enqueue(work, Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency));

    /// <summary>Does what is due, or everything that is there now. Returns how much that was.</summary>
    internal int Run(bool everything)
    {
        int done = 0;
        for (int most = _work.Count; most > 0 && _work.TryPeek(out Action? work, out long due); most--)
        {
            if (!everything && due > Stopwatch.GetTimestamp())
            {
                break;
            }

            _work.Dequeue();
            work();
            done++;
        }

        return done;
    }

    internal void Clear() => _work.Clear();
}

using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Monitors;

/// <summary>
/// Syncs a receive ring of a parent when frames wait for it, so that they get to the monitors. Stands before the sleepers
/// of the ring: a poll that finds the ring held by the pump has armed its sleeper before, and is woken when the pump is done.
/// Who holds the ring meanwhile may have looked for frames before these came; then a thread of the pool comes again.
/// </summary>
internal sealed class ArrivalPump(Port parent, Kring ring) : ISleeper, IThreadPoolWorkItem
{
    private int _isQueued;

    internal Kring Ring => ring;

    /// <summary>Takes nothing back from the program, whose head is what it was at its last sync.</summary>
    public void Wake(RingDirection direction)
    {
        if (!TryReceive() && Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        // News from here on queue again.
        Interlocked.Exchange(ref _isQueued, 0);
        SpinWait wait = default;
        while (!TryReceive())
        {
            wait.SpinOnce();
        }

        // A poll may have met this thread at the ring.
        ring.Wake();
    }

    /// <summary>False when somebody else has the ring.</summary>
    private bool TryReceive()
    {
        if (!ring.TryEnter())
        {
            return ring.IsStopped;
        }

        parent.Receive(ring);
        ring.Exit();
        return true;
    }
}

using System.Diagnostics.CodeAnalysis;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// The deferred calls of a device file, so that FUSE_INTERRUPT finds them. An interrupt is read by another thread than
/// the call and may overtake its deferral: the newest of those that find nothing are kept for calls still to come.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "An event whose wait handle nobody asks for holds nothing to free.")]
internal sealed class DeferredCalls
{
    private const int EarlyMax = 64;

    private readonly object _gate = new();
    private readonly Dictionary<ulong, DeferredCall> _open = [];
    private readonly ulong[] _early = new ulong[EarlyMax];
    private int _nextEarly;
    private bool _ended;
    private bool _isWatchAsleep;

    internal void Add(DeferredCall call)
    {
        bool interrupt;
        lock (_gate)
        {
            _open.Add(call.Unique, call);
            interrupt = _ended || _early.Contains(call.Unique);
            if (_isWatchAsleep)
            {
                Monitor.PulseAll(_gate);
            }
        }

        if (interrupt)
        {
            call.Interrupt();
        }
    }

    internal void Remove(DeferredCall call)
    {
        lock (_gate)
        {
            _open.Remove(call.Unique);
        }
    }

    /// <summary>The caller of this request was interrupted.</summary>
    internal void Interrupt(ulong unique)
    {
        DeferredCall? call;
        lock (_gate)
        {
            if (!_open.TryGetValue(unique, out call))
            {
                _early[_nextEarly] = unique;
                _nextEarly = (_nextEarly + 1) % EarlyMax;
                return;
            }
        }

        call.Interrupt();
    }

    /// <summary>The connection has ended: nobody waits for any of them any more.</summary>
    internal void InterruptAll()
    {
        DeferredCall[] calls;
        lock (_gate)
        {
            _ended = true;
            calls = [.. _open.Values];
        }

        foreach (DeferredCall call in calls)
        {
            call.Interrupt();
        }
    }

    /// <summary>The calls that have been open for so long. For <see cref="CallerWatch"/>.</summary>
    internal DeferredCall[] OlderThan(int milliseconds)
    {
        lock (_gate)
        {
            long latest = Environment.TickCount64 - milliseconds;
            return _open.Count == 0 ? [] : [.. _open.Values.Where(call => call.StartedAt < latest)];
        }
    }

    /// <summary>Waits until a call is open, or for <see cref="WakeWatch"/>. For one thread.</summary>
    internal void AwaitOpen()
    {
        lock (_gate)
        {
            _isWatchAsleep = true;
            while (_open.Count == 0 && !_ended)
            {
                _ = Monitor.Wait(_gate);
            }

            _isWatchAsleep = false;
        }
    }

    /// <summary>Ends the wait. No call is opened any more.</summary>
    internal void WakeWatch()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }
}

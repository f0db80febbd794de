using System.Collections.Concurrent;

namespace NetmapCuse.Core.Files;

/// <summary>
/// Files that are being closed. The thread that learns of a release serves everybody on its CPU, so it hands the file over at once, and
/// a thread of this object settles it, one after the other, in the order in which they came.
/// <para>
/// close() returns before the daemon hears of it, and the client's next request can overtake it (reference/front-door.md section 2).
/// Each close announces itself with a flush, though: a control request that comes shortly after the flush of a bound file waits until
/// that one's release is settled, or until it is clear that the file lives on in some duplicate, but never longer for its arrival than
/// a release takes to come: others may go on closing duplicates for ever. The waiting is done by a second thread.
/// </para>
/// </summary>
internal sealed class PendingReleases : IDisposable
{
    /// <summary>How long a flush may announce a release.</summary>
    private const int PatienceMs = 20;

    private readonly Lock _lock = new();
    private readonly HashSet<OpenFile> _flushed = [];
    private readonly BlockingCollection<OpenFile> _released = [];
    private readonly BlockingCollection<Waiting> _waiting = [];
    private readonly ManualResetEventSlim _settled = new();
    private readonly Action<OpenFile> _settle;
    private readonly Thread _settler;
    private readonly Thread _waiter;
    private long _arrivedCount;
    private long _settledCount;
    private bool _hasEnded;
    private volatile bool _areDue;

    /// <param name="settle">Unbinds a file whose last duplicate is gone. May wait; must not throw.</param>
    internal PendingReleases(Action<OpenFile> settle)
    {
        _settle = settle;

        // Both exist from the start: later there may be no thread left to be had.
        _settler = new Thread(() => Guard(SettleAll)) { Name = "netmap release", IsBackground = true };
        _waiter = new Thread(() => Guard(ServeWaiting)) { Name = "netmap control", IsBackground = true };
        _settler.Start();
        _waiter.Start();
    }

    /// <summary>A control request should wait.</summary>
    internal bool AreDue => _areDue;

    /// <summary>A duplicate of a bound file was closed.</summary>
    internal void Expect(OpenFile file)
    {
        lock (_lock)
        {
            file.FlushedAt = Environment.TickCount64;
            _flushed.Add(file);
            _areDue = true;
        }
    }

    /// <summary>The last duplicate was closed. Returns at once.</summary>
    internal void Release(OpenFile file)
    {
        lock (_lock)
        {
            _flushed.Remove(file);
            if (_hasEnded)
            {
                return;
            }

            _arrivedCount++;
            _areDue = true;
            _released.Add(file);
        }
    }

    /// <summary>Runs the action, on a thread of this object, when no release is due any more, or it took too long.</summary>
    internal void WhenSettled(Action action) => _waiting.Add(new Waiting(action, Environment.TickCount64 + PatienceMs));

    /// <summary>Waits until every file is settled whose release has come.</summary>
    internal void AwaitSettled()
    {
        long count = Interlocked.Read(ref _arrivedCount);
        SpinWait.SpinUntil(() => Interlocked.Read(ref _settledCount) >= count);
    }

    /// <summary>Settles what has come and ends.</summary>
    public void Dispose()
    {
        _waiting.CompleteAdding();
        _waiter.Join();
        lock (_lock)
        {
            _hasEnded = true;
            _released.CompleteAdding();
        }

        _settler.Join();
        _waiting.Dispose();
        _released.Dispose();
        _settled.Dispose();
    }

    private static void Guard(Action body)
    {
        try
        {
            body();
        }
        catch (Exception escape)
        {
            Environment.FailFast("A control thread failed.", escape);
        }
    }

    private void SettleAll()
    {
        foreach (OpenFile file in _released.GetConsumingEnumerable())
        {
            _settle(file);
            lock (_lock)
            {
                _settledCount++;
                _areDue = _flushed.Count != 0 || _settledCount != _arrivedCount;
                _settled.Set();
            }
        }
    }

    private void ServeWaiting()
    {
        foreach (Waiting waiting in _waiting.GetConsumingEnumerable())
        {
            // What is on its way may come until the patience ends; what has come by then is waited for.
            long last;
            while (IsAnyDue(out last) && Environment.TickCount64 <= waiting.Until)
            {
                _settled.Wait(1);
            }

            while (Interlocked.Read(ref _settledCount) < last)
            {
                _settled.Wait(1);
            }

            waiting.Action();
        }
    }

    /// <summary>Forgets flushes that turned out to announce nothing.</summary>
    /// <param name="last">How many releases have come.</param>
    private bool IsAnyDue(out long last)
    {
        lock (_lock)
        {
            long now = Environment.TickCount64;
            _flushed.RemoveWhere(file => now - file.FlushedAt > PatienceMs);
            _settled.Reset();
            last = _arrivedCount;
            return _areDue = _flushed.Count != 0 || _settledCount != _arrivedCount;
        }
    }

    /// <summary>What runs, and when it runs at the latest if no release has come by then (Environment.TickCount64).</summary>
    private readonly record struct Waiting(Action Action, long Until);
}

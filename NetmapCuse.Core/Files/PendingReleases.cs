using System.Collections.Concurrent;

namespace NetmapCuse.Core.Files;

/// <summary>
/// Releases that are on their way: close() returns before the daemon hears of it, and the client's next request can
/// overtake it (reference/front-door.md section 2). Every close announces itself with a flush, though; a control request
/// that comes shortly after the flush of a bound file waits until its release is here, or until it is clear that the file
/// lives on in some duplicate, but never longer than a release takes to come: others may go on closing duplicates for
/// ever. The waiting is done by one thread of its own.
/// </summary>
internal sealed class PendingReleases : IDisposable
{
    /// <summary>How long a flush may announce a release.</summary>
    private const int PatienceMs = 20;

    private readonly Lock _lock = new();
    private readonly HashSet<OpenFile> _flushed = [];
    private readonly BlockingCollection<Waiting> _waiting = [];
    private readonly ManualResetEventSlim _settled = new();
    private volatile bool _areDue;
    private Thread? _thread;

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

    /// <summary>The file was released.</summary>
    internal void Settle(OpenFile file)
    {
        lock (_lock)
        {
            if (_flushed.Remove(file) && _flushed.Count == 0)
            {
                _areDue = false;
            }

            _settled.Set();
        }
    }

    /// <summary>Runs the action, on the thread of this object, when no release is due any more, or it took too long.</summary>
    internal void WhenSettled(Action action)
    {
        lock (_lock)
        {
            if (_thread is null)
            {
                _thread = new Thread(Run) { Name = "netmap control", IsBackground = true };
                _thread.Start();
            }
        }

        _waiting.Add(new Waiting(action, Environment.TickCount64 + PatienceMs));
    }

    public void Dispose()
    {
        _waiting.CompleteAdding();
        _thread?.Join();
        _waiting.Dispose();
        _settled.Dispose();
    }

    private void Run()
    {
        try
        {
            foreach (Waiting waiting in _waiting.GetConsumingEnumerable())
            {
                while (IsAnyDue() && Environment.TickCount64 <= waiting.Until)
                {
                    _settled.Wait(1);
                }

                waiting.Action();
            }
        }
        catch (Exception escape)
        {
            Environment.FailFast("The control thread failed.", escape);
        }
    }

    /// <summary>Forgets flushes that turned out to announce nothing.</summary>
    private bool IsAnyDue()
    {
        lock (_lock)
        {
            long now = Environment.TickCount64;
            _flushed.RemoveWhere(file => now - file.FlushedAt > PatienceMs);
            _settled.Reset();
            return _areDue = _flushed.Count != 0;
        }
    }

    /// <summary>What runs, and when it runs at the latest (Environment.TickCount64).</summary>
    private readonly record struct Waiting(Action Action, long Until);
}

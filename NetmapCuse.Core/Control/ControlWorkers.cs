using System.Collections.Concurrent;

namespace NetmapCuse.Core.Control;

/// <summary>
/// Threads for control requests. These read and write the memory of their caller, which may answer late or never
/// (userfaultfd, a FUSE file), and may wait for the control plane's lock while somebody opens an interface; the thread that
/// serves all clients of a CPU does neither. A request that hangs keeps its thread; each user has a bounded number, so that
/// nobody can hang them all for others.
/// </summary>
internal sealed class ControlWorkers : IDisposable
{
    /// <summary>Requests of one user at a time; one more is refused.</summary>
    private const int PerUserMax = 32;

    private const int ThreadsMax = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, int> _users = [];
    private readonly BlockingCollection<(uint User, Action Action)> _queue = [];
    private int _threads;
    private int _busy;

    /// <summary>Nothing is under way.</summary>
    internal bool AreIdle
    {
        get
        {
            lock (_lock)
            {
                return _busy == 0;
            }
        }
    }

    /// <summary>Runs the action on another thread. False: this user, or all together, have too many under way.</summary>
    internal bool TryRun(uint user, Action action)
    {
        lock (_lock)
        {
            int own = _users.GetValueOrDefault(user);
            if (own == PerUserMax || _busy == ThreadsMax || _queue.IsAddingCompleted)
            {
                return false;
            }

            _users[user] = own + 1;
            _busy++;
            if (_busy > _threads)
            {
                _threads++;
                new Thread(Run) { Name = "netmap request", IsBackground = true }.Start();
            }

            _queue.Add((user, action));
        }

        return true;
    }

    /// <summary>Lets the threads end; those that hang end later.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _queue.CompleteAdding();
        }
    }

    private void Run()
    {
        try
        {
            foreach ((uint user, Action action) in _queue.GetConsumingEnumerable())
            {
                action();
                lock (_lock)
                {
                    _busy--;
                    if (--_users[user] == 0)
                    {
                        _users.Remove(user);
                    }
                }
            }
        }
        catch (Exception escape)
        {
            Environment.FailFast("A control request failed.", escape);
        }
    }
}

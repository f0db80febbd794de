namespace NetmapCuse.Core.Control;

/// <summary>
/// Threads for control requests. These read and write the memory of their caller, which may answer late or never
/// (userfaultfd, a FUSE file), and may wait for the control plane's lock while somebody opens an interface; the thread that
/// serves all clients of a CPU does neither. A request that hangs keeps its thread; no user may have more of them than are left for
/// all, so that nobody can hang them all for others, and what is more waits for its turn.
/// <para>
/// Whoever hands a request over never starts a thread: that takes its time, and fails where there is no thread left. One that exists
/// from the start does, and as long as it fails the threads that there are serve one request after the other.
/// </para>
/// </summary>
internal sealed class ControlWorkers : IDisposable
{
    /// <summary>Requests of one user that wait for that; one more is refused.</summary>
    private const int WaitingMax = 1024;

    private const int ThreadsMax = 256;

    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Dictionary<uint, User> _users = [];
    private readonly Queue<(User User, Action Action)> _ready = [];
    private readonly SemaphoreSlim _work = new(0);
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly Action<Thread> _start;
    private int _threads;
    private int _busy;
    private bool _hasEnded;

    internal ControlWorkers()
        : this(static thread => thread.Start())
    {
    }

    /// <param name="start">Starts a thread that is wanted in addition, or throws.</param>
    internal ControlWorkers(Action<Thread> start)
    {
        _start = start;

        // One that works, and one that starts more.
        _threads = 1;
        new Thread(Work) { Name = "netmap request", IsBackground = true }.Start();
        new Thread(StartMore) { Name = "netmap workers", IsBackground = true }.Start();
    }

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

    /// <summary>Runs the action on another thread. False: this user has too much under way.</summary>
    internal bool TryRun(uint user, Action action)
    {
        lock (_lock)
        {
            if (_hasEnded)
            {
                return false;
            }

            if (!_users.TryGetValue(user, out User? own))
            {
                _users.Add(user, own = new User(user));
            }

            if (own.Running >= ThreadsMax - _busy)
            {
                if (own.Waiting.Count == WaitingMax)
                {
                    return false;
                }

                own.Waiting.Enqueue(action);
                return true;
            }

            MakeReady(own, action);
        }

        return true;
    }

    /// <summary>Lets the threads end; those that hang end later.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _work.Release(ThreadsMax + 1);
            _wanted.Release();
        }
    }

    private void MakeReady(User user, Action action)
    {
        user.Running++;
        _busy++;
        _ready.Enqueue((user, action));
        _work.Release();
        if (_busy > _threads)
        {
            _wanted.Release();
        }
    }

    private void Work()
    {
        try
        {
            while (TakeNext())
            {
            }
        }
        catch (Exception escape)
        {
            Environment.FailFast("A control request failed.", escape);
        }
    }

    private bool TakeNext()
    {
        _work.Wait();
        (User User, Action Action) next;
        lock (_lock)
        {
            if (!_ready.TryDequeue(out next))
            {
                return !_hasEnded;
            }
        }

        next.Action();
        lock (_lock)
        {
            _busy--;
            next.User.Running--;
            if (next.User.Running == 0 && next.User.Waiting.Count == 0)
            {
                _users.Remove(next.User.Id);
            }

            AdmitWaiting();
        }

        return true;
    }

    /// <summary>A thread is free: every user who waits may have less now than is left.</summary>
    private void AdmitWaiting()
    {
        foreach (User user in _users.Values)
        {
            while (user.Running < ThreadsMax - _busy && user.Waiting.TryDequeue(out Action? action))
            {
                MakeReady(user, action);
            }
        }
    }

    /// <summary>Starts threads as they are wanted.</summary>
    private void StartMore()
    {
        while (true)
        {
            _wanted.Wait();
            lock (_lock)
            {
                if (_hasEnded)
                {
                    return;
                }

                if (_busy <= _threads || _threads == ThreadsMax)
                {
                    continue;
                }

                _threads++;
            }

            if (!TryStart())
            {
                lock (_lock)
                {
                    _threads--;
                }

                Thread.Sleep(s_retry);
                _wanted.Release();
            }
        }
    }

    private bool TryStart()
    {
        try
        {
            _start(new Thread(Work) { Name = "netmap request", IsBackground = true });
            return true;
        }
        catch (Exception none) when (none is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    /// <summary>Who asks.</summary>
    private sealed class User(uint id)
    {
        internal uint Id { get; } = id;

        internal int Running { get; set; }

        internal Queue<Action> Waiting { get; } = [];
    }
}

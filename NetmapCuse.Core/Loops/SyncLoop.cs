using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Loops;

/// <summary>
/// The loop behind one SYNC_KLOOP_START, on a thread of its own: all rings, then a sleep, until it is asked to stop. With
/// eventfds of the program it sleeps until one is written, the port has news, or 3 s pass; without, for a fixed time.
/// </summary>
/// <remarks>
/// The program's memory may be of a kind that answers when the program likes (userfaultfd, a FUSE file), and its eventfds
/// can be made to block. So nobody waits for this thread: whoever stops it is answered by it, and when it does not end
/// within <see cref="PatienceMs"/> the caller of START is answered all the same, so that it can die and take the
/// obstacle with it.
/// </remarks>
internal sealed class SyncLoop : ISleeper, IDisposable
{
    private const int PatienceMs = 100;
    private const long EventSleepMicroseconds = 3_000_000;

    private readonly Lock _lock = new();
    private readonly List<PendingAnswer> _stoppers = [];
    private readonly EventWaiter _waiter = new();
    private readonly EventFd _wake = new();
    private readonly SyncLoopSetup _setup;
    private readonly PendingAnswer _starter;
    private LoopRing[] _rings = [];
    private Timer? _impatience;
    private volatile bool _stopping;
    private bool _ended;
    private int _result;
    private int _asleep;

    /// <exception cref="PosixException">Out of descriptors.</exception>
    internal SyncLoop(SyncLoopSetup setup, PendingAnswer starter)
    {
        _setup = setup;
        _starter = starter;
        if (!_waiter.TryAdd(_wake.Descriptor) || !setup.Kicks.All(kick => _waiter.TryAdd(kick.Fd)))
        {
            _wake.Dispose();
            _waiter.Dispose();
            throw PosixException.Last("epoll_ctl");
        }
    }

    /// <summary>The process that waits in START.</summary>
    internal ClientProcess Caller => _setup.Client;

    /// <summary>Told when the thread is about to end, before those who wait are answered.</summary>
    internal required Action<SyncLoop> Ended { get; init; }

    /// <summary>Makes the loop end soon; returns at once. May be called by any thread, any number of times.</summary>
    /// <param name="result">What START returns, 0 or EINTR; the first one counts.</param>
    internal void RequestStop(int result)
    {
        lock (_lock)
        {
            if (_stopping || _ended)
            {
                return;
            }

            _result = result;
            _stopping = true;
            _impatience = new Timer(static loop => ((SyncLoop)loop!).LosePatience(), this, PatienceMs, PatienceMs);
        }

        _wake.Signal();
    }

    /// <summary>Answers this call, too, when the loop has ended.</summary>
    internal void AddStopper(PendingAnswer stopper)
    {
        lock (_lock)
        {
            if (!_ended)
            {
                _stoppers.Add(stopper);
                return;
            }
        }

        stopper.Give(Errno.Ok);
    }

    public void Wake(RingDirection direction)
    {
        if (Volatile.Read(ref _asleep) != 0 && Interlocked.Exchange(ref _asleep, 0) != 0)
        {
            _wake.Signal();
        }
    }

    /// <summary>Takes over the rings and starts. Control plane, so that no binding ends meanwhile.</summary>
    internal void Attach()
    {
        foreach (Kring ring in (IEnumerable<Kring>)[.. _setup.Binding.Tx, .. _setup.Binding.Rx])
        {
            ring.AddSleeper(this);
        }
    }

    /// <summary>Lets go of the rings. Control plane.</summary>
    internal void Detach()
    {
        foreach (Kring ring in (IEnumerable<Kring>)[.. _setup.Binding.Tx, .. _setup.Binding.Rx])
        {
            ring.RemoveSleeper(this);
        }
    }

    /// <summary>The thread.</summary>
    internal void Run()
    {
        _setup.Options.WriteBack(_setup.Client.Memory, requestSucceeded: true);
        if (!_stopping)
        {
            using CsbMemory csb = CsbMemory.Open(_setup.Client, _setup.Csb, _setup.Entries);
            _rings = _setup.MakeRings(csb);
            Serve();
        }

        Ended(this);
        Answer();
    }

    public void Dispose()
    {
        _waiter.Dispose();
        _wake.Dispose();
        _setup.Dispose();
    }

    private void Serve()
    {
        while (!_stopping)
        {
            LoopRing.Result result = PassAll();
            if (result == LoopRing.Result.Fault)
            {
                RequestStop(Errno.Fault);
            }
            else if (result == LoopRing.Result.Idle)
            {
                Sleep();
            }
        }
    }

    private LoopRing.Result PassAll()
    {
        LoopRing.Result worst = LoopRing.Result.Idle;
        foreach (LoopRing ring in _rings)
        {
            LoopRing.Result result = _stopping ? LoopRing.Result.Unfinished : ring.Pass();
            worst = result > worst ? result : worst;
        }

        return worst;
    }

    private void Sleep()
    {
        if (!_setup.TakesKicks)
        {
            SleepFixed();
            return;
        }

        // Either the news are seen here, or whoever brings them sees the sleeper.
        Interlocked.Exchange(ref _asleep, 1);
        if (!Array.Exists(_rings, static ring => ring.HasNews))
        {
            _waiter.Wait(EventSleepMicroseconds);
        }

        Volatile.Write(ref _asleep, 0);
    }

    private void SleepFixed()
    {
        if (_setup.SleepMicroseconds == 0)
        {
            Thread.Yield();
        }
        else
        {
            _waiter.Wait(_setup.SleepMicroseconds);
        }
    }

    private void Answer()
    {
        PendingAnswer[] stoppers;
        lock (_lock)
        {
            _ended = true;
            _impatience?.Dispose();
            stoppers = [.. _stoppers];
        }

        Dispose();
        _starter.Give(_result);
        foreach (PendingAnswer stopper in stoppers)
        {
            stopper.Give(Errno.Ok);
        }
    }

    /// <summary>The thread hangs in something that the program has in its hands.</summary>
    private void LosePatience()
    {
        lock (_lock)
        {
            if (_ended)
            {
                return;
            }

            foreach (ClientEventFd interrupt in _setup.Interrupts)
            {
                interrupt.Empty();
            }
        }

        _starter.Give(_result);
    }
}

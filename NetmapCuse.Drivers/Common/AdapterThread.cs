using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Xdp;
using Libc = NetmapCuse.Drivers.Interop.Libc;

namespace NetmapCuse.Drivers.Common;

/// <summary>
/// The thread of an open interface: wakes programs that sleep on its rings, at once and then at most once in so many
/// microseconds; tries again what could not be sent; and listens to what happens to the link.
/// <para>
/// While frames keep coming to a socket the thread looks at its ring by the clock and does not wait for it in the kernel: there
/// whoever sends would pay for each wake-up, and even without one a tenth of his time for every frame.
/// </para>
/// </summary>
internal sealed class AdapterThread : IDisposable
{
    internal const ulong ReceiveKey = 0x10000;
    internal const ulong HostKey = 0x20000;
    internal const ulong PacketKey = 0x40000;

    private const ulong SignalKey = 0;
    private const ulong LinkKey = 1;
    private const int KeysMax = 32;
    private const int RetryMilliseconds = 1;
    private const int AtOnce = 0;

    // linux/prctl.h: sleep as short as asked for
    private const int SetTimerSlack = 29;

    private readonly XdpAdapter _adapter;
    private readonly uint _pauseMicroseconds;
    private readonly Epoll _epoll = new();
    private readonly EventFd _signal = new();
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly List<ArrivalWatch> _arrivals = [];
    private volatile bool _isEnding;

    /// <param name="adapter">Whose thread it is.</param>
    /// <param name="link">Where link events come from.</param>
    /// <param name="pauseMicroseconds">Between two wake-ups; 0 for none.</param>
    internal AdapterThread(XdpAdapter adapter, LinkWatch link, uint pauseMicroseconds)
    {
        _adapter = adapter;
        _pauseMicroseconds = pauseMicroseconds;
        _epoll.Add(_signal.Number, SignalKey);
        _epoll.Add(link.Number, LinkKey);
        _thread = new Thread(Run) { Name = "netmap " + adapter.Name, IsBackground = true };
    }

    internal void Start() => _thread.Start();

    /// <summary>Watches a TAP or a packet socket until it is closed.</summary>
    internal void Watch(Fd fd, ulong key) => _epoll.Add(fd.Number, key, onChange: true);

    /// <summary>Stops watching a packet socket.</summary>
    internal void Forget(Fd fd) => _epoll.Remove(fd.Number);

    /// <summary>Watches a queue's socket until it is forgotten.</summary>
    internal void Watch(XdpReceiveQueue queue, ulong key)
    {
        lock (_gate)
        {
            _arrivals.Add(new ArrivalWatch(queue, key, _epoll));
        }
    }

    /// <summary>Stops watching; afterwards the socket can be closed.</summary>
    internal void Forget(XdpReceiveQueue queue)
    {
        lock (_gate)
        {
            if (_arrivals.Find(arrival => arrival.Queue == queue) is { } found)
            {
                found.End();
                _arrivals.Remove(found);
            }
        }
    }

    /// <summary>There is something to look at. From any thread.</summary>
    internal void Signal() => _signal.Signal();

    /// <summary>Ends the thread; it calls nobody afterwards.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _signal.Signal();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _signal.Dispose();
        _epoll.Dispose();
    }

    private void Run()
    {
        try
        {
            _ = Libc.ProcessControl(SetTimerSlack, 1, 0, 0, 0);
            Serve();
        }
        catch (Exception escape)
        {
            Environment.FailFast("The thread of an interface failed.", escape);
        }
    }

    private void Serve()
    {
        ulong[] keys = new ulong[KeysMax];
        bool isPending = false;
        bool byClock = false;
        while (!_isEnding)
        {
            int count = _epoll.Wait(keys, byClock ? AtOnce : isPending ? RetryMilliseconds : Epoll.Forever);
            bool traffic = false;
            foreach (ulong key in keys.AsSpan(0, count))
            {
                traffic |= Dispatch(key);
            }

            byClock = Look(keys);
            isPending = _adapter.Retry();
            if ((traffic || byClock) && _pauseMicroseconds != 0 && !_isEnding)
            {
                _ = Libc.SleepMicroseconds(_pauseMicroseconds);
            }
        }
    }

    /// <summary>Looks at the rings that are not waited for.</summary>
    /// <returns>True while there are such.</returns>
    private bool Look(Span<ulong> keys)
    {
        bool byClock = false;
        int count = 0;
        lock (_gate)
        {
            foreach (ArrivalWatch arrival in _arrivals)
            {
                if (_pauseMicroseconds != 0)
                {
                    arrival.Follow();
                }

                if (arrival.IsByClock && count < keys.Length && arrival.Look())
                {
                    keys[count++] = arrival.Key;
                }

                byClock |= arrival.IsByClock;
            }
        }

        foreach (ulong key in keys[..count])
        {
            _adapter.Arrived(key);
        }

        return byClock;
    }

    /// <returns>True for frames.</returns>
    private bool Dispatch(ulong key)
    {
        switch (key)
        {
            case SignalKey:
                _signal.Drain();
                return false;
            case LinkKey:
                _adapter.ReadLink();
                return false;
            case < HostKey when _pauseMicroseconds != 0:
                lock (_gate)
                {
                    _arrivals.Find(arrival => arrival.Key == key)?.Begin();
                }

                return true;
            default:
                _adapter.Arrived(key);
                return true;
        }
    }
}

using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;

namespace NetmapCuse.Drivers.Nic;

/// <summary>
/// The thread of a NIC: waits for its interrupts and wakes who has the queues, serves the host on those that nobody has, and looks
/// after the link. How often it wakes up is the chip's moderation.
/// </summary>
internal sealed class NicThread : IDisposable
{
    private const ulong SignalKey = 0x1_0000;
    private const ulong LinkKey = 0x1_0001;
    private const ulong ErrorKey = 0x1_0002;
    private const ulong RequestKey = 0x1_0003;
    private const ulong HostKey = 0x2_0000;
    private const int KeysMax = 32;

    /// <summary>How often a link that is down is looked at: not every chip tells of each change.</summary>
    private const int LinkMilliseconds = 200;

    private readonly DrivenNic _nic;
    private readonly NicInterrupts _interrupts;
    private readonly NicTap? _tap;
    private readonly Epoll _epoll = new();
    private readonly EventFd _signal = new();
    private readonly Thread _thread;
    private volatile bool _isEnding;

    internal NicThread(DrivenNic nic, NicInterrupts interrupts, NicTap? tap)
    {
        _nic = nic;
        _interrupts = interrupts;
        _tap = tap;
        _epoll.Add(_signal.Number, SignalKey);
        for (int i = 0; i < interrupts.Signals.Count; i++)
        {
            _epoll.Add(interrupts.Signals[i].Number, (ulong)i);
        }

        AddIf(interrupts.Errors, ErrorKey);
        AddIf(interrupts.Requests, RequestKey);
        if (tap is not null)
        {
            _epoll.Add(tap.LinkNumber, LinkKey);
            _epoll.Add(tap.Number, HostKey, onChange: true);
        }

        _thread = new Thread(Run) { Name = "netmap " + nic.Name, IsBackground = true };
    }

    internal void Start() => _thread.Start();

    /// <summary>There is something to look at. From any thread.</summary>
    internal void Signal() => _signal.Signal();

    /// <summary>Ends the thread; it calls nobody afterwards.</summary>
    public void Dispose()
    {
        if (_isEnding)
        {
            return;
        }

        _isEnding = true;
        _signal.Signal();
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _signal.Dispose();
        _epoll.Dispose();
    }

    private void AddIf(EventFd? signal, ulong key)
    {
        if (signal is not null)
        {
            _epoll.Add(signal.Number, key);
        }
    }

    private void Run()
    {
        try
        {
            Serve();
        }
        catch (Exception escape)
        {
            Environment.FailFast("The thread of a NIC failed.", escape);
        }
    }

    private void Serve()
    {
        ulong[] keys = new ulong[KeysMax];
        while (!_isEnding)
        {
            int count = _epoll.Wait(keys, _nic.HasLink ? Epoll.Forever : LinkMilliseconds);
            if (count == 0)
            {
                _nic.LookAtLink();
            }

            foreach (ulong key in keys.AsSpan(0, count))
            {
                if (_isEnding)
                {
                    return;
                }

                Dispatch(key);
            }
        }
    }

    private void Dispatch(ulong key)
    {
        switch (key)
        {
            case SignalKey:
                _signal.Drain();
                _nic.LookAtLink();
                break;
            case LinkKey:
                _tap!.ReadLink();
                _nic.UseFlags();
                break;
            case ErrorKey:
                _interrupts.Errors!.Drain();
                _nic.Failed();
                break;
            case RequestKey:
                _interrupts.Requests!.Drain();
                _nic.Requested();
                break;
            case >= HostKey:
                _nic.HostSends((uint)(key - HostKey));
                break;
            default:
                _interrupts.Signals[(int)key].Drain();
                _nic.Interrupted((uint)key);
                break;
        }
    }
}

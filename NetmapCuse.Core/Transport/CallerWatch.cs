using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Looks whether the callers of calls that last are being killed. The kernel tells of a signal by FUSE_INTERRUPT, but over io_uring
/// not when it came before the request was marked as sent; without this a caller that is killed then would stay for as long as
/// its call lasts (reference/front-door.md section 5). Sleeps while no call is open.
/// </summary>
internal sealed class CallerWatch : IDisposable
{
    private const int PeriodMs = 100;

    /// <summary>What takes no longer is not looked at.</summary>
    private const int AgeMs = 150;

    /// <summary>Callers that are looked at in a period: a hostile client cannot make this expensive.</summary>
    private const int AtOnce = 64;

    /// <summary>Periods without a call until it sleeps, so that it is not woken for each.</summary>
    private const int IdlePeriods = 10;

    private readonly DeferredCalls _calls;
    private readonly Thread _thread;
    private readonly HashSet<ulong> _suspects = [];
    private int _next;
    private volatile bool _hasEnded;

    internal CallerWatch(DeferredCalls calls)
    {
        _calls = calls;
        _thread = new Thread(Run) { Name = "netmap callers", IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _hasEnded = true;
        _calls.WakeWatch();
        _thread.Join();
    }

    private void Run()
    {
        int idle = 0;
        while (!_hasEnded)
        {
            DeferredCall[] calls = _calls.OlderThan(AgeMs);
            if (calls.Length != 0)
            {
                idle = 0;
                Look(calls);
            }
            else
            {
                _suspects.Clear();
                if (++idle > IdlePeriods)
                {
                    idle = 0;
                    _calls.AwaitOpen();
                }
            }

            Thread.Sleep(PeriodMs);
        }
    }

    private void Look(DeferredCall[] calls)
    {
        for (int i = 0; i < Math.Min(calls.Length, AtOnce); i++)
        {
            DeferredCall call = calls[_next++ % calls.Length];
            ThreadSignals signals = ThreadSignals.Of(call.ThreadId);

            // A signal for the process may be another thread's; one that still waits at the second look is not taken by any.
            if (signals.AreFatal || (signals.AreWaiting && !_suspects.Add(call.Unique)))
            {
                call.Interrupt();
            }
            else if (!signals.AreWaiting)
            {
                _suspects.Remove(call.Unique);
            }
        }

        _next %= calls.Length;
    }
}

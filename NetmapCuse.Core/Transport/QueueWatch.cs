using System.Globalization;
using Microsoft.Win32.SafeHandles;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Looks whether the threads of the queues get their CPU. Each is pinned to one, where its callers are; real-time threads that spin
/// there keep it from running for as long as they like, and then the requests of that CPU wait although others are idle. A thread that
/// could run and does not is moved to the other CPUs, and brought back later. Who gets its CPU notices nothing of this.
/// </summary>
internal sealed class QueueWatch : IDisposable
{
    /// <summary>Between two looks while there is traffic, and while there is none.</summary>
    private const int BusyMs = 20;
    private const int IdleMs = 100;

    /// <summary>Between the looks that have to agree.</summary>
    private const int SecondLookMs = 10;

    /// <summary>How long a thread stays away at first; twice as long each time when it has to leave again soon.</summary>
    private const int AwayMs = 1000;
    private const int AwayMaxMs = 32_000;

    private readonly Place[] _places;
    private readonly ulong[] _allowed = Libc.AllowedCpus();
    private readonly ILogger _log;
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    internal QueueWatch(IEnumerable<UringQueue> queues, ILogger log)
    {
        _log = log;
        _places = [.. queues.Select(static queue => new Place(queue))];
        _thread = new Thread(Run) { Name = "netmap-watch", IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        Array.ForEach(_places, static place => place.Dispose());
        _end.Dispose();
    }

    private void Run()
    {
        long served = 0;
        long lastTraffic = 0;
        bool isSuspicious = false;
        int pause;
        do
        {
            long now = Environment.TickCount64;
            long servedNow = Served();
            lastTraffic = servedNow != served ? now : lastTraffic;
            served = servedNow;
            isSuspicious = Look(now);
            pause = isSuspicious ? SecondLookMs : now - lastTraffic < AwayMs ? BusyMs : Math.Max(IdleMs, 2 * _places.Length);
        }
        while (!_end.Wait(pause));
    }

    private long Served()
    {
        long served = 0;
        foreach (Place place in _places)
        {
            served += place.Queue.Served;
        }

        return served;
    }

    /// <summary>True when somebody may be starving.</summary>
    private bool Look(long now)
    {
        bool isSuspicious = false;
        foreach (Place place in _places)
        {
            if (place.IsAway)
            {
                ReturnInTime(place, now);
                continue;
            }

            int thread = place.Queue.ThreadId;
            long time = thread == 0 ? -1 : Libc.TimeOfThread(thread);
            bool hasRun = time != place.Time;
            place.Time = time;
            place.Suspicions = hasRun || time < 0 || !place.IsRunnable(thread) ? 0 : place.Suspicions + 1;
            if (place.Suspicions > 1)
            {
                SendAway(place, thread, now);
            }

            isSuspicious |= place.Suspicions == 1;
        }

        return isSuspicious;
    }

    private void SendAway(Place place, int thread, long now)
    {
        place.Suspicions = 0;
        ulong[] others = [.. _allowed];
        others[place.Queue.Cpu / 64] &= ~(1UL << (place.Queue.Cpu % 64));
        if (!Array.Exists(others, static word => word != 0) || !Libc.TryMoveThread(thread, others))
        {
            return;
        }

        bool isSoon = now - place.Returned < place.AwayMs;
        place.AwayMs = isSoon ? Math.Min(2 * place.AwayMs, AwayMaxMs) : AwayMs;
        place.Until = now + place.AwayMs;
        place.IsAway = true;
        if (!isSoon)
        {
            _log.Warning(
                "CPU {Cpu} does not get to the requests of its clients (a real-time thread, or too much load): other CPUs serve them for a while",
                place.Queue.Cpu);
        }
    }

    private static void ReturnInTime(Place place, long now)
    {
        if (now < place.Until)
        {
            return;
        }

        Span<ulong> home = stackalloc ulong[Libc.CpuSetWords];
        home.Clear();
        home[place.Queue.Cpu / 64] = 1UL << (place.Queue.Cpu % 64);
        int thread = place.Queue.ThreadId;
        if (thread != 0)
        {
            _ = Libc.TryMoveThread(thread, home);
        }

        place.IsAway = false;
        place.Returned = now;
    }

    /// <summary>A queue and where its thread is.</summary>
    private sealed class Place(UringQueue queue) : IDisposable
    {
        private const int StatBytes = 256;

        private SafeFileHandle? _stat;

        internal UringQueue Queue { get; } = queue;

        /// <summary>How long the thread had run at the last look.</summary>
        internal long Time { get; set; } = -1;

        /// <summary>Looks in a row at which it could have run and had not.</summary>
        internal int Suspicions { get; set; }

        internal bool IsAway { get; set; }

        internal int AwayMs { get; set; } = QueueWatch.AwayMs;

        /// <summary>When it comes back (Environment.TickCount64), and when it last did.</summary>
        internal long Until { get; set; }

        internal long Returned { get; set; } = long.MinValue / 2;

        /// <summary>State R of proc(5): the thread runs or waits for its CPU. Allocates nothing.</summary>
        internal bool IsRunnable(int thread)
        {
            try
            {
                _stat ??= File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/stat"));
                Span<byte> stat = stackalloc byte[StatBytes];
                stat = stat[..RandomAccess.Read(_stat, stat, 0)];
                int state = stat.LastIndexOf((byte)')') + 2;
                return state < stat.Length && stat[state] == 'R';
            }
            catch (IOException)
            {
                return false;
            }
        }

        public void Dispose() => _stat?.Dispose();
    }
}

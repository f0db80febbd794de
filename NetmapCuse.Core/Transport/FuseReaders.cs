using System.Diagnostics;
using System.Globalization;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>Readers of /dev/fuse, each with a descriptor and a thread of its own.</summary>
internal sealed class FuseReaders : IRequestSource
{
    private readonly List<FuseDevice> _devices = [];
    private readonly List<FuseReader> _readers = [];
    private readonly List<WorkerThread> _threads = [];
    private bool _joined;

    /// <param name="device">The descriptor of the mount, used by the first reader; stays its owner's.</param>
    /// <param name="count">How many.</param>
    /// <param name="dispatcher">Executes the requests.</param>
    /// <param name="deferred">Where interrupts find deferred calls.</param>
    /// <param name="ended">Called by each thread when the connection has ended.</param>
    /// <param name="log">Where an unusual end is reported.</param>
    /// <param name="shared">All read the one descriptor: there is no other, or they answer each other's requests.</param>
    /// <param name="gate">Keeps one of them free.</param>
    /// <param name="buffers">Where requests are read to, one for each; stays its owner's.</param>
    internal FuseReaders(
        FuseDevice device, int count, IRequestDispatcher dispatcher, DeferredCalls deferred, Action ended, ILogger log,
        bool shared = false, ReaderGate? gate = null, SharedBuffers? buffers = null)
    {
        for (int i = 0; i < count; i++)
        {
            FuseDevice own = device;
            if (i > 0 && !shared)
            {
                own = device.Clone();
                _devices.Add(own);
            }

            FuseReader reader = new(own, dispatcher, deferred, new RequestBuffer(buffers, i), gate);
            _readers.Add(reader);
            _threads.Add(new WorkerThread(
                string.Create(CultureInfo.InvariantCulture, $"netmap-fuse-{i}"), null, () => Serve(reader, ended, log), log));
        }
    }

    /// <summary>One per CPU, but never one alone: a call that takes its time must not hold up all others.</summary>
    internal static int CountHere => Math.Clamp(Environment.ProcessorCount, 2, 16);

    public string Name => "/dev/fuse";

    public bool Join(TimeSpan patience)
    {
        Stopwatch clock = Stopwatch.StartNew();
        _joined = _threads.TrueForAll(thread => thread.Join(Remaining(patience, clock)));
        return _joined;
    }

    public void Dispose()
    {
        _devices.ForEach(device => device.Dispose());
        if (_joined)
        {
            _readers.ForEach(reader => reader.Dispose());
        }
    }

    /// <summary>What is left of the patience, and never less than nothing.</summary>
    internal static TimeSpan Remaining(TimeSpan patience, Stopwatch clock) =>
        patience > clock.Elapsed ? patience - clock.Elapsed : TimeSpan.Zero;

    private static void Serve(FuseReader reader, Action ended, ILogger log)
    {
        int errno = reader.Run();
        if (errno != 0)
        {
            log.Error("Reading /dev/fuse failed: errno {Errno}", errno);
        }

        ended();
    }
}

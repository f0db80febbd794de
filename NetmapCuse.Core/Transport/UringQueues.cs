using System.Diagnostics;
using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// A ring queue and a pinned thread for every possible CPU, as the kernel wants it before it uses any, and one reader of
/// /dev/fuse for what does not travel on rings.
/// </summary>
internal sealed class UringQueues : IRequestSource
{
    private static readonly TimeSpan s_registrationPatience = TimeSpan.FromSeconds(5);

    private readonly List<UringQueue> _queues = [];
    private readonly List<WorkerThread> _threads = [];
    private readonly FuseReaders _sideReader;
    private readonly QueueNudge _nudge;
    private readonly QueueWatch _watch;
    private bool _joined;

    /// <param name="device">The connection.</param>
    /// <param name="path">The device file.</param>
    /// <param name="dispatcher">Executes the requests.</param>
    /// <param name="deferred">Where interrupts find deferred calls.</param>
    /// <param name="ended">Called by each thread when the connection has ended.</param>
    /// <param name="log">The log.</param>
    internal UringQueues(
        FuseDevice device, string path, Dispatcher dispatcher, DeferredCalls deferred, Action ended, ILogger log)
    {
        int count = PossibleCpus.Count();
        _nudge = new QueueNudge(path, count);
        for (int cpu = 0; cpu < count; cpu++)
        {
            UringQueue queue = new((ushort)cpu, device.Number, dispatcher, deferred, _nudge, log);
            _queues.Add(queue);
            _threads.Add(new WorkerThread(
                string.Create(CultureInfo.InvariantCulture, $"netmap-ring-{cpu}"),
                cpu,
                () =>
                {
                    queue.Run();
                    ended();
                },
                log));
        }

        _sideReader = new FuseReaders(device, 1, dispatcher, deferred, ended, log);
        _watch = new QueueWatch(_queues, log);
    }

    public string Name => "io_uring";

    /// <summary>Waits until the kernel has taken the entries of all queues.</summary>
    /// <returns>0, or the positive errno of the first refusal.</returns>
    internal int WaitRegistered()
    {
        Stopwatch clock = Stopwatch.StartNew();
        foreach (UringQueue queue in _queues)
        {
            if (!queue.Registered.Wait(FuseReaders.Remaining(s_registrationPatience, clock)))
            {
                return Errno.Again;
            }

            if (queue.Registered.Result != Errno.Ok)
            {
                return queue.Registered.Result;
            }
        }

        return Errno.Ok;
    }

    public bool Join(TimeSpan patience)
    {
        Stopwatch clock = Stopwatch.StartNew();
        _watch.Dispose();
        _queues.ForEach(queue => queue.Stop());
        _joined = _threads.TrueForAll(thread => thread.Join(FuseReaders.Remaining(patience, clock)));
        return _sideReader.Join(FuseReaders.Remaining(patience, clock)) && _joined;
    }

    public void Dispose()
    {
        _sideReader.Dispose();
        if (_joined)
        {
            _nudge.Dispose();
            _queues.ForEach(queue => queue.Dispose());
        }
    }
}

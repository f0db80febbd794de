using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>A thread that serves requests. What escapes from it is a bug, and ends the process rather than hang clients.</summary>
internal sealed class WorkerThread
{
    private readonly Thread _thread;

    /// <param name="name">For ps and for the log.</param>
    /// <param name="cpu">The CPU to stay on, or null.</param>
    /// <param name="body">The loop.</param>
    /// <param name="log">Where an escape is reported.</param>
    internal WorkerThread(string name, int? cpu, Action body, ILogger log)
    {
        _thread = new Thread(() => Run(name, cpu, body, log)) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Waits for the end of the loop; false when it takes longer than that.</summary>
    internal bool Join(TimeSpan patience) => _thread == Thread.CurrentThread || _thread.Join(patience);

    private static void Run(string name, int? cpu, Action body, ILogger log)
    {
        try
        {
            if (cpu is { } number && !Libc.PinThread(number))
            {
                log.Debug("{Thread} is not pinned: CPU {Cpu} is offline or not allowed", name, number);
            }

            body();
        }
        catch (Exception escape)
        {
            log.Fatal(escape, "{Thread} died", name);
            Environment.FailFast($"{name} died", escape);
            throw;
        }
    }
}

using System.Collections.Concurrent;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Makes requests of our own on the CPUs that ask for one: the attributes of the device file. The kernel gives the request to
/// the queue of the CPU that asks for them, so a thread goes there.
/// </summary>
internal sealed class QueueNudge : IDisposable
{
    private readonly string _path;
    private readonly BlockingCollection<int> _wanted = [];
    private readonly int[] _isWanted;
    private readonly Thread _thread;

    /// <param name="path">The device file, mounted.</param>
    /// <param name="cpus">How many CPUs there may be.</param>
    internal QueueNudge(string path, int cpus)
    {
        _path = path;
        _isWanted = new int[cpus];
        _thread = new Thread(Run) { Name = "netmap-nudge", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Asks for a request on a CPU. Returns at once; several may become one.</summary>
    internal void Request(int cpu)
    {
        if (Interlocked.Exchange(ref _isWanted[cpu], 1) == 0 && !_wanted.IsAddingCompleted)
        {
            _wanted.Add(cpu);
        }
    }

    /// <summary>The connection has ended, and every queue.</summary>
    public void Dispose()
    {
        _wanted.CompleteAdding();
        _thread.Join();
        _wanted.Dispose();
    }

    private void Run()
    {
        foreach (int cpu in _wanted.GetConsumingEnumerable())
        {
            // Who asks from here on may not be helped by what is under way.
            Interlocked.Exchange(ref _isWanted[cpu], 0);
            _ = Libc.PinThread(cpu);
            _ = Libc.StatusOf(_path, Statx.NoFollow | Statx.ForceSync, out _);
        }
    }
}

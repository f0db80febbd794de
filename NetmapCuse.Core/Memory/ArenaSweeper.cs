using Serilog;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Gives pages of the arena back that clients have touched where no region is in use: every client maps all of the arena, and what
/// it writes outside its region nobody else would ever free. The packet memory is a sparse file, so that looking for such pages is
/// one question to the kernel for each gap between regions.
/// </summary>
/// <remarks>
/// A mapping keeps its file open. So there is nothing to look for but some time after each release, and now and then while a file is
/// open; an idle device is not looked at.
/// </remarks>
internal sealed class ArenaSweeper : IDisposable
{
    /// <summary>After a release, so that many in a row are one.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_nowAndThen = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Func<bool> _sweep;
    private readonly ILogger _log;
    private readonly Timer _timer;
    private volatile bool _ended;

    /// <param name="sweep">Looks once, from any thread; true when it is worth looking again although nothing is released.</param>
    /// <param name="log">Where it is told that it does not work.</param>
    internal ArenaSweeper(Func<bool> sweep, ILogger log)
    {
        _sweep = sweep;
        _log = log;
        _timer = new Timer(_ => Run());
    }

    /// <summary>A file was opened: from now on it is looked now and then.</summary>
    internal void OnOpened() => Arm(s_nowAndThen);

    /// <summary>A file was released, and its mappings with it.</summary>
    internal void OnReleased() => Arm(s_soon);

    public void Dispose()
    {
        lock (_lock)
        {
            _ended = true;
        }

        _timer.Dispose();
    }

    /// <summary>Never waits for a sweep: serving threads come here.</summary>
    private void Arm(TimeSpan delay)
    {
        if (_ended)
        {
            return;
        }

        try
        {
            _ = _timer.Change(delay, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // It ended this very moment.
        }
    }

    private void Run()
    {
        lock (_lock)
        {
            // Held while looking: who disposes of the memory has disposed of this before.
            if (_ended)
            {
                return;
            }

            try
            {
                if (_sweep())
                {
                    _timer.Change(s_nowAndThen, Timeout.InfiniteTimeSpan);
                }
            }
            catch (Interop.PosixException failure)
            {
                _log.Warning("Packet memory outside of regions is not given back: {Reason}", failure.Message);
            }
        }
    }
}

using Serilog;

namespace NetmapCuse.Core.Clients;

/// <summary>
/// Everybody who has ever had a device file open. Each may have its memory mapped, and may have it still: a mapping outlives
/// the descriptor and nobody hears of its end. So whatever lies in that memory can be the work of any of them.
/// <para>
/// A slot that names memory of the process whose ring it lies in (NS_INDIRECT) is therefore believed only where nobody gains by
/// it: if each of them is that process itself, or could read its memory without this daemon. Who opens the device and hands
/// descriptor or mapping on vouches for who gets them, until the daemon sees them call.
/// </para>
/// </summary>
/// <param name="log">Where it is told that somebody's slots are not believed.</param>
internal sealed class Openers(ILogger log)
{
    /// <summary>Different ones that are told apart; with one more, nobody's slots are believed.</summary>
    private const int KindsMax = 64;

    /// <summary>Who opens many files shall not fill the log.</summary>
    private const long LogIntervalMs = 10_000;

    private readonly Lock _lock = new();
    private readonly List<(ClientRights Rights, ClientImage? Only)> _known = [];
    private bool _hasStrangers;
    private int _changes;
    private long _lastLog = -LogIntervalMs;

    /// <summary>Grows whenever an answer of <see cref="AllMayRead"/> may become another one.</summary>
    internal int Changes => Volatile.Read(ref _changes);

    /// <summary>Somebody opens the device, or calls with a descriptor that was opened with other rights.</summary>
    internal void Add(ClientRights? rights, ClientImage? image)
    {
        lock (_lock)
        {
            int place = rights is { } some ? _known.FindIndex(known => known.Rights == some) : -1;
            if (place >= 0 && (_known[place].Only is not { } only || only == image))
            {
                return;
            }

            if (place >= 0)
            {
                _known[place] = (_known[place].Rights, null);
            }
            else if (rights is { } others && _known.Count < KindsMax)
            {
                _known.Add((others, image));
            }
            else
            {
                _hasStrangers = true;
            }

            Volatile.Write(ref _changes, _changes + 1);
        }
    }

    /// <summary>Each of them is this process, or could read its memory.</summary>
    internal bool AllMayRead(ClientProcess client)
    {
        if (client.Rights is not { } rights)
        {
            return false;
        }

        lock (_lock)
        {
            return !_hasStrangers && _known.TrueForAll(known =>
                (known.Only is { } only && only == client.Image) || known.Rights.AllowReading(rights, client.IsDumpable));
        }
    }

    /// <summary>Says that the slots of a port are dropped, and what helps.</summary>
    internal void Explain(string port)
    {
        long now = Environment.TickCount64;
        long last = Volatile.Read(ref _lastLog);
        if (now - last >= LogIntervalMs && Interlocked.CompareExchange(ref _lastLog, now, last) == last)
        {
            log.Warning(
                "{Name}: slots with NS_INDIRECT are dropped, because the device file was also opened by others, who could have "
                + "written them and may not read the memory that they name: give their sender a device file of its own (--device)",
                port);
        }
    }
}

using System.Globalization;
using Serilog.Core;
using Serilog.Events;

namespace NetmapCuse.Logging;

/// <summary>
/// Lets a bounded number of lines of each kind through in a while: what clients are refused is logged, and a client can be
/// refused as often as it likes. The next line of the kind that passes says how many were left out.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class FloodFilter(TimeProvider time) : ILogEventFilter
{
    /// <summary>Lines of one kind in one <see cref="Window"/>.</summary>
    internal const int LinesMax = 50;

    /// <summary>Name of the property that tells what was left out; for the output template.</summary>
    internal const string LeftOut = "LeftOut";

    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kind> _kinds = [];

    /// <summary>Kinds are message templates, so there are as many as the code has. Errors always pass.</summary>
    public bool IsEnabled(LogEvent logEvent)
    {
        if (logEvent.Level >= LogEventLevel.Error)
        {
            return true;
        }

        lock (_lock)
        {
            if (!_kinds.TryGetValue(logEvent.MessageTemplate.Text, out Kind? kind))
            {
                _kinds.Add(logEvent.MessageTemplate.Text, kind = new Kind(time.GetTimestamp()));
            }

            return Pass(kind, logEvent);
        }
    }

    private bool Pass(Kind kind, LogEvent logEvent)
    {
        if (time.GetElapsedTime(kind.Start) >= Window)
        {
            kind.Start = time.GetTimestamp();
            kind.Lines = 0;
        }

        if (kind.Lines >= LinesMax)
        {
            kind.LeftOut++;
            return false;
        }

        kind.Lines++;
        if (kind.LeftOut > 0)
        {
            string text = string.Create(CultureInfo.InvariantCulture, $" ({kind.LeftOut} lines like this were left out)");
            logEvent.AddOrUpdateProperty(new LogEventProperty(LeftOut, new ScalarValue(text)));
            kind.LeftOut = 0;
        }

        return true;
    }

    private sealed class Kind(long start)
    {
        internal long Start { get; set; } = start;

        internal int Lines { get; set; }

        internal long LeftOut { get; set; }
    }
}

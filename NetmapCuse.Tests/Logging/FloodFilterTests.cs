using FluentAssertions;
using NetmapCuse.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace NetmapCuse.Tests.Logging;

public sealed class FloodFilterTests : IDisposable
{
    private readonly Clock _clock = new();
    private readonly Lines _lines = new();
    private readonly Logger _log;

    public FloodFilterTests() => _log = new LoggerConfiguration()
        .MinimumLevel.Verbose()
        .Filter.With(new FloodFilter(_clock))
        .WriteTo.Sink(_lines)
        .CreateLogger();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Lines_of_one_kind_are_bounded_and_the_rest_is_told()
    {
        Warn(FloodFilter.LinesMax + 7);
        _lines.All.Should().HaveCount(FloodFilter.LinesMax);

        _clock.Now += FloodFilter.Window.Ticks;
        Warn(2);

        _lines.All.Should().HaveCount(FloodFilter.LinesMax + 2);
        _lines.All[^2].Properties[FloodFilter.LeftOut].ToString().Should().Contain("(7 lines");
        _lines.All[^1].Properties.Should().NotContainKey(FloodFilter.LeftOut);
    }

    [Fact]
    public void Other_kinds_and_errors_are_not_concerned()
    {
        Warn(FloodFilter.LinesMax * 2);
        _log.Warning("Another {Kind}", 1);
        for (int i = 0; i < FloodFilter.LinesMax * 2; i++)
        {
            _log.Error("Broken {Number}", i);
        }

        _lines.All.Should().HaveCount((FloodFilter.LinesMax * 3) + 1);
    }

    private void Warn(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _log.Warning("Refused {Number}", i);
        }
    }

    private sealed class Lines : ILogEventSink
    {
        internal List<LogEvent> All { get; } = [];

        public void Emit(LogEvent logEvent) => All.Add(logEvent);
    }

    /// <summary>Time in units of 100 ns, as it is set.</summary>
    private sealed class Clock : TimeProvider
    {
        internal long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;
    }
}

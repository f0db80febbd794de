using System.Collections.Concurrent;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace NetmapCuse.Tests.Transport;

/// <summary>A log that keeps what is a warning or worse.</summary>
internal sealed class Warnings : ILogEventSink
{
    internal Warnings() => Logger = new LoggerConfiguration().MinimumLevel.Warning().WriteTo.Sink(this).CreateLogger();

    internal Logger Logger { get; }

    internal ConcurrentQueue<string> Lines { get; } = new();

    public void Emit(LogEvent logEvent) => Lines.Enqueue(logEvent.RenderMessage(null));
}

using System.Collections.Concurrent;
using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Transport;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace NetmapCuse.Tests.Loops;

/// <summary>A netmap device on a real mount, in a directory of its own, and C programs as its clients.</summary>
internal sealed class LoopTestDevice : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("netmap-test-").FullName;
    private readonly Lines _lines = new();
    private readonly Logger _log;
    private readonly DeviceServer? _server;

    internal LoopTestDevice(string transport)
    {
        // What the runtime needs for its first child process stays, and is not ours.
        using (Process warmUp = Process.Start(new ProcessStartInfo("true") { RedirectStandardOutput = true, RedirectStandardError = true })!)
        {
            warmUp.StandardOutput.ReadToEnd();
            warmUp.WaitForExit();
        }

        _log = new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(_lines).CreateLogger();
        Device = new NetmapDevice(new DeviceOptions(), new SysfsInterfaces(), _log);
        DevicePath = Path.Combine(_directory, "netmap");
        DeviceServerOptions options = new() { Path = DevicePath, Transport = Enum.Parse<TransportKind>(transport) };
        try
        {
            _server = DeviceServer.Start(options, Device.Memory, Device, _log);
            Device.Attach(_server.Waker);
        }
        catch (StartException refusal)
        {
            Dispose();
            Assert.Skip(refusal.Message);
        }
    }

    internal NetmapDevice Device { get; }

    internal string DevicePath { get; }

    /// <summary>For files that are not in memory.</summary>
    internal string Scratch => Path.Combine(_directory, "file");

    internal IEnumerable<string> Log => _lines.All;

    /// <summary>Runs a test of a program in out/samples/tests; every line it prints has to begin with ok.</summary>
    internal void Check(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        bool ended = process.WaitForExit(s_patience);
        if (!ended)
        {
            process.Kill();
        }

        string said = output.Result + errors.Result;
        ended.Should().BeTrue(said);
        Assert.SkipWhen(process.ExitCode == 2, said);
        process.ExitCode.Should().Be(0, said);
        said.Should().Contain("ok ").And.NotContain("FAIL");
    }

    internal Process Start(string program, params string[] arguments)
    {
        string path = Samples.Program(Path.Combine("tests", program));
        ProcessStartInfo start = new(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NETMAP_DEVICE"] = DevicePath;
        return Process.Start(start)!;
    }

    /// <summary>Everything that a client could leave behind.</summary>
    internal Remains Look()
    {
        (int ports, string regions) = Device.Plane.Inspect(ports =>
            (ports.Ports.Count(), string.Join(' ', ports.Regions.All.Select(Describe))));
        using Process self = Process.GetCurrentProcess();
        int events = Directory.GetFiles("/proc/self/fd").Count(IsEventFd);
        return new Remains(Device.OpenFiles, ports, regions, LoopThreads(), events);
    }

    /// <summary>Waits until nothing more is left than before.</summary>
    internal void ShouldReturnTo(Remains before)
    {
        SpinWait.SpinUntil(() => Look() == before, TimeSpan.FromSeconds(30));
        Look().Should().Be(before);
    }

    public void Dispose()
    {
        _server?.Dispose();
        Device.Dispose();
        _log.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Threads of sync loops in this process.</summary>
    internal static int LoopThreads() => Directory.GetDirectories("/proc/self/task").Count(IsLoop);

    private static bool IsLoop(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("netmap loop", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return false;
        }
    }

    private static string Describe(Region region) =>
        $"{region.Id}:{region.FreeIfs}/{region.FreeRings}/{region.Buffers.Free}/{region.Users}";

    private static bool IsEventFd(string path) =>
        new FileInfo(path).LinkTarget is { } target
        && (target.Contains("eventfd", StringComparison.Ordinal) || target.Contains("eventpoll", StringComparison.Ordinal)
            || target.Contains("pidfd", StringComparison.Ordinal));

    /// <summary>Open files, ports, what is free in each region, loop threads, eventfds and the like.</summary>
    internal sealed record Remains(int Files, int Ports, string Regions, int Loops, int Events);

    private sealed class Lines : ILogEventSink
    {
        private readonly ConcurrentQueue<string> _all = new();

        internal IEnumerable<string> All => _all;

        public void Emit(LogEvent logEvent) =>
            _all.Enqueue(logEvent.RenderMessage(System.Globalization.CultureInfo.InvariantCulture));
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Commands;

/// <summary>"netmapcuse status" beside a daemon with traffic: its numbers are those that sender and receiver counted.</summary>
public sealed class StatusTests : IDisposable
{
    private const int Frames = 30_000;

    private readonly DaemonProcess _daemon = new();
    private readonly List<Process> _programs = [];

    [Fact]
    public void Frames_received_and_dropped_are_those_that_were_sent()
    {
        _daemon.Serve("--device", _daemon.DevicePath);
        Process receiver = Start("-f", "rx", "-i", "vale0:b", "-t", "60");
        Await(port => port.ValueKind != JsonValueKind.Undefined, "vale0:b");
        Start("-f", "tx", "-i", "vale0:a", "-n", "30000", "-b", "64", "-r", "100k").WaitForExit(DaemonProcess.Patience).Should().BeTrue();

        JsonElement port = Await(port => Received(port) + NoRoom(port) == Frames, "vale0:b");

        port.GetProperty("kind").GetString().Should().Be("vale");
        port.GetProperty("rx").GetProperty("bytes").GetUInt64().Should().Be(60 * Received(port));
        JsonElement binding = port.GetProperty("bindings")[0];
        binding.GetProperty("process_id").GetInt32().Should().Be(receiver.Id);
        binding.GetProperty("command").GetString().Should().Be("nm-gen");
    }

    [Fact]
    public void A_receiver_that_does_not_read_is_told_as_stuck()
    {
        _daemon.Serve("--device", _daemon.DevicePath);
        Process receiver = Start("-f", "rx", "-i", "vale0:b", "-t", "60");
        Await(port => port.ValueKind != JsonValueKind.Undefined, "vale0:b");
        Signal("-STOP", receiver);
        Start("-f", "tx", "-i", "vale0:a", "-n", "30000", "-b", "64").WaitForExit(DaemonProcess.Patience).Should().BeTrue();

        JsonElement port = Await(port => port.GetProperty("rings").EnumerateArray().Any(Stuck), "vale0:b");

        NoRoom(port).Should().BePositive();
        Signal("-CONT", receiver);
        Await(port => !port.GetProperty("rings").EnumerateArray().Any(Stuck), "vale0:b");
    }

    [Fact]
    public void What_is_not_there_is_told_so()
    {
        _daemon.Serve("--device", _daemon.DevicePath);
        (int status, string output) = DaemonProcess.Run("status", "--device", _daemon.DevicePath, "--interval", "0.01", "vale0:none");
        status.Should().Be(1);
        output.Should().Contain("there is no port vale0:none");
        DaemonProcess.Run("status", "--device", _daemon.DevicePath + "-none").Output.Should().Contain("no netmapcuse serves here");
    }

    public void Dispose()
    {
        foreach (Process program in _programs)
        {
            program.Kill();
            program.WaitForExit();
            program.Dispose();
        }

        _daemon.Dispose();
    }

    private static bool Stuck(JsonElement ring) => ring.GetProperty("is_stuck").GetBoolean();

    private static ulong Received(JsonElement port) => port.GetProperty("rx").GetProperty("frames").GetUInt64();

    private static ulong NoRoom(JsonElement port) => port.GetProperty("rx").GetProperty("drops").GetProperty("no_room").GetUInt64();

    private static void Signal(string signal, Process process)
    {
        using Process kill = Process.Start("kill", [signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private Process Start(params string[] arguments)
    {
        Process program = Samples.Start("nm-gen", ["-d", _daemon.DevicePath, "-N", .. arguments]);
        _programs.Add(program);
        return program;
    }

    /// <summary>Looks until a port is as it shall be.</summary>
    private JsonElement Await(Func<JsonElement, bool> isThere, string name)
    {
        Stopwatch watch = Stopwatch.StartNew();
        string text = string.Empty;
        while (watch.Elapsed < DaemonProcess.Patience)
        {
            text = DaemonProcess.Run("status", "--device", _daemon.DevicePath, "--json", "--interval", "0.2").Output;
            JsonElement found = JsonDocument.Parse(text).RootElement[0].GetProperty("ports").EnumerateArray()
                .FirstOrDefault(port => port.GetProperty("name").GetString() == name);
            if ((found.ValueKind != JsonValueKind.Undefined || text.Length == 0) && isThere(found))
            {
                return found;
            }
        }

        throw new TimeoutException($"port {name} does not come to it: {text}");
    }
}

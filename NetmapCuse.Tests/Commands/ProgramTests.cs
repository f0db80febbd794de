using System.Diagnostics;
using System.Text.Json;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Commands;

/// <summary>The C programs as somebody uses them in a shell.</summary>
public sealed class ProgramTests
{
    [Theory]
    [InlineData("nm-gen")]
    [InlineData("nm-bridge")]
    [InlineData("nm-host")]
    [InlineData("nm-replay")]
    [InlineData("nm-ports")]
    [InlineData("nm-ctl")]
    public void Each_tells_how_it_is_used(string program)
    {
        using Process process = Samples.Start(program, "-h");
        process.StandardOutput.ReadToEnd().Should().Contain(program);
        process.StandardError.ReadToEnd().Should().BeEmpty();
        process.WaitForExit();
        process.ExitCode.Should().Be(0);
    }

    [Fact]
    public void A_capture_goes_through_pipes()
    {
        using DaemonProcess daemon = new();
        daemon.Serve("--config", "", "--device", daemon.DevicePath);
        string capture = Path.Combine(Samples.SourceDirectory(), "captures", "veth.pcap");
        string recorded = Path.Combine(daemon.Folder, "recorded.pcap");
        string replay = $"{Samples.Program("nm-replay")} -d {daemon.DevicePath}";
        long frames = JsonDocument.Parse(Shell($"{replay} -i vale9:lone -r - --asap --json < {capture}")).RootElement.GetProperty("frames").GetInt64();
        frames.Should().BePositive();
        Shell($"{replay} -i vale0:b -w - -n {frames} > {recorded} & R=$!; "
            + $"{Samples.Program("nm-replay")} -d {daemon.DevicePath} -i vale0:a -r - --asap -W 1 < {capture} >&2; wait $R");
        Samples.Run("tests/pcapcmp", capture, recorded).ExitCode.Should().Be(0);
    }

    [Fact]
    public void The_bytes_of_a_region_are_its_own()
    {
        using DaemonProcess daemon = new();
        daemon.Serve("--config", "", "--device", daemon.DevicePath);
        using Device.NetmapClient a = Open(daemon).Register("vale0:a");
        using Device.NetmapClient b = Open(daemon).Register("vale0:b");
        string[] lines = Samples.Run("nm-ports", "-d", daemon.DevicePath, "--json").Output.Split('\n');
        long[] bytes = [.. lines.Where(static line => line.Contains("\"name\"")).Select(static line =>
            JsonDocument.Parse(line).RootElement.GetProperty("bytes").GetInt64())];

        // reference/netmap-abi.md section 7.3: a default VALE region.
        bytes.Should().Equal(42369024, 42369024);
    }

    private static Device.NetmapClient Open(DaemonProcess daemon) =>
        new(new Device.MountedFile(Transport.Client.Open(daemon.DevicePath)));

    private static string Shell(string command)
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true })!;
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        shell.ExitCode.Should().Be(0, command);
        return output;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FluentAssertions;
using NetmapCuse.Service;
using NetmapCuse.Tests.Drivers.Xdp;
using Xunit;

namespace NetmapCuse.Tests.Commands;

/// <summary>What somebody meets who uses the program for the first time, and in odd surroundings.</summary>
[Collection("real interfaces")]
public sealed class NewUserTests
{
    private static string Program => Path.Combine(AppContext.BaseDirectory, "netmapcuse");

    [Theory]
    [InlineData("--version", "> /dev/full")]
    [InlineData("--version", ">&-")]
    [InlineData("--help", "> /dev/full")]
    [InlineData("check-config --config ''", "> /dev/full")]
    public void Output_that_nobody_takes_is_no_reason_to_fail(string command, string redirection) =>
        Shell($"{Program} {command} {redirection}").Should().Be((0, string.Empty));

    [Fact]
    public void The_doctor_says_what_it_found_also_when_nobody_listens()
    {
        (int status, string output) = DaemonProcess.Run("doctor", "--json");
        string[] names = [.. JsonDocument.Parse(output).RootElement.GetProperty("findings").EnumerateArray()
            .Select(static finding => finding.GetProperty("name").GetString()!)];
        names.Should().Contain(
            ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_BPF", "/dev/net/tun", "locked memory", "mounts", "container"]);
        Shell($"{Program} doctor > /dev/full").Should().Be((status, string.Empty));
    }

    [Fact]
    public void A_file_that_is_not_executable_is_not_called_missing()
    {
        string file = Path.GetTempFileName();
        try
        {
            DaemonProcess.Run("run", "--", file).Should().Match<(int Status, string Output)>(
                static run => run.Status == 126 && run.Output.Contains("is not executable: chmod +x"));
            DaemonProcess.Run("run", "--", file + "x").Should().Match<(int Status, string Output)>(
                static run => run.Status == 127 && run.Output.Contains("there is no such program"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_daemon_that_is_killed_leaves_nothing_in_the_folder_for_temporary_files()
    {
        using DaemonProcess daemon = new();
        daemon.Serve("--config", "", "--device", daemon.DevicePath);
        string pattern = string.Create(CultureInfo.InvariantCulture, $"*-{daemon.Id}-*");
        daemon.Signal("KILL");
        daemon.AwaitEnd();
        Directory.GetFiles(Path.GetTempPath(), pattern).Should().BeEmpty();
    }

    /// <summary>Issue 16, item 12: with an interface in use and frames in flight. The bound leaves room for a machine under load.</summary>
    [Fact]
    public void An_interface_in_use_does_not_keep_it_from_ending()
    {
        using VethRig rig = new();
        using DaemonProcess daemon = new();
        daemon.Serve("--config", "", "--device", daemon.DevicePath);
        using Process sender = rig.StartInA("nm-gen", "-d", daemon.DevicePath, "-f", "tx", "-i", "netmap:a0", "-t", "60");
        using Process receiver = rig.StartInB("nm-gen", "-d", daemon.DevicePath, "-f", "rx", "-i", "netmap:b0", "-t", "60", "-n", "1000000000");
        SpinWait.SpinUntil(() => rig.LinksOfA().Contains("xdp", StringComparison.Ordinal), DaemonProcess.Patience).Should().BeTrue();
        Thread.Sleep(500); // frames in flight
        Stopwatch time = Stopwatch.StartNew();
        daemon.Signal("TERM");
        daemon.AwaitEnd().Should().Be(0);
        time.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(5));
        TestContext.Current.TestOutputHelper?.WriteLine($"ended in {time.ElapsedMilliseconds} ms");
        sender.WaitForExit(DaemonProcess.Patience).Should().BeTrue("programs are told");
        receiver.WaitForExit(DaemonProcess.Patience).Should().BeTrue();
    }

    [Theory]
    [InlineData("/", "/dev/netmap", "1 0 8:1 / / rw shared:1 - ext4 x rw", true)]
    [InlineData("/dev over /", "/dev/netmap", "1 0 8:1 / / rw shared:1 - ext4 x rw\n2 1 0:5 / /dev rw master:2 - devtmpfs d rw", false)]
    [InlineData("not a part of the name", "/device/netmap", "1 0 8:1 / / rw shared:1 - ext4 x rw\n2 1 0:5 / /dev rw - devtmpfs d rw", true)]
    [InlineData("the later one counts", "/dev/netmap", "2 1 0:5 / /dev rw - devtmpfs d rw\n3 1 0:6 / /dev rw shared:9 - tmpfs t rw", true)]
    public void Whether_a_mount_is_shared_is_in_the_mount_table(string name, string path, string table, bool isShared) =>
        MountPlacement.IsShared(path, table.Split('\n')).Should().Be(isShared, name);

    private static (int Status, string Output) Shell(string command)
    {
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = shell.StandardError.ReadToEndAsync();
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output + errors.Result);
    }
}

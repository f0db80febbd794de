using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>What works when the daemon lacks a right, and which line tells what is missing: the table in README.</summary>
[Collection("real interfaces")]
public sealed class RightsTests : IDisposable
{
    private const string Works = "works";

    private readonly string _directory = Directory.CreateTempSubdirectory("netmap-rights-").FullName;
    private readonly List<string> _log = [];
    private Process? _daemon;

    private string DevicePath => Path.Combine(_directory, "netmap");

    [Theory]
    [InlineData("sys_admin", "CAP_SYS_ADMIN")]
    [InlineData("sys_ptrace", "CAP_SYS_PTRACE")]
    public void Nothing_is_served_without(string capability, string told)
    {
        Serve(Without(capability)).Should().BeFalse();
        Log().Should().Contain(told);
    }

    [Theory]
    [InlineData("chown", Works, "TAP", Works, "taken over by af_xdp native", "CAP_")]
    [InlineData("bpf", Works, "TAP", Works, "taken over by af_xdp native", "CAP_")]
    [InlineData("ipc_lock", Works, "TAP", Works, "by af_packet*RLIMIT_MEMLOCK", "taken over by af_xdp")]
    [InlineData("net_admin", Works, "no TAP", "EPERM", "host rings stay empty*CAP_NET_ADMIN", "CAP_NET_RAW")]
    [InlineData("net_raw", "errno=EPERM", "no TAP", Works, "CAP_NET_RAW", "CAP_NET_ADMIN")]
    public void What_works_without(
        string capability, string nic, string host, string persistent, string told, string notTold)
    {
        using VethRig rig = new();
        Assert.SkipUnless(Serve(Without(capability)), "netmapcuse serves nothing here: " + Log());
        Examine(rig, nic, host, persistent);
        Log().Should().Match($"*{told}*").And.NotContain(notTold);
    }

    [Fact]
    public void Without_the_tun_device_there_are_no_host_rings_and_no_persistent_ports()
    {
        using VethRig rig = new();
        Assert.SkipUnless(
            Serve(["unshare", "-m", "sh", "-c", "mount --bind /dev/null /dev/net/tun && exec \"$@\"", "sh"]),
            "netmapcuse serves nothing here: " + Log());
        Examine(rig, Works, "no TAP", "nm-ctl: ", "nsenter", $"--mount=/proc/{_daemon!.Id}/ns/mnt");
        Log().Should().Match("*/dev/net/tun*");
    }

    public void Dispose()
    {
        if (_daemon is { HasExited: false })
        {
            _daemon.Kill();
            _daemon.WaitForExit();
        }

        _daemon?.Dispose();
        _ = Libc.Unmount(DevicePath, 2);
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The usual limit of locked memory, which root may pass with CAP_IPC_LOCK only.</summary>
    private static string[] Without(string capability) =>
        ["prlimit", "--memlock=8388608:8388608", "setpriv", "--bounding-set=-" + capability, "--inh-caps=-" + capability];

    /// <summary>Starts the daemon behind other programs; false when it does not come to serve.</summary>
    private bool Serve(string[] before)
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        string program = Path.Combine(AppContext.BaseDirectory, "netmapcuse");
        Assert.SkipUnless(File.Exists(program), "netmapcuse is not built beside the tests");
        ProcessStartInfo start = new(before[0], [.. before[1..], program, "serve", "-d", DevicePath, "--run-dir", "", "--set", "buf_num=32768"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _daemon = Process.Start(start)!;
        _daemon.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Add(line.Data ?? string.Empty);
            }
        };
        _daemon.BeginErrorReadLine();
        if (_daemon.StandardOutput.ReadLine() is not null)
        {
            return true;
        }

        _daemon.WaitForExit();
        return false;
    }

    private string Log()
    {
        lock (_log)
        {
            return string.Join('\n', _log);
        }
    }

    private void Examine(VethRig rig, string nic, string host, string persistent, params string[] before)
    {
        Run(rig, before, "tests/regcheck", "-i", "vale0:a").Should().Be(Works);
        Run(rig, before, "tests/regcheck", "-i", "a0").Should().Contain(nic);
        Run(rig, before, "nm-ctl", "-n", "nmright0").Should().Contain(persistent);

        // What the host sends passes by, or comes to a TAP, for as long as somebody has the interface.
        if (nic == Works)
        {
            using Process holder = Start(rig, before, "nm-bridge", ["-v", "-t", "60", "netmap:a0", "netmap:a0^"]);
            holder.StandardError.ReadLine().Should().Contain("<->", "it says so once it has both");
            rig.LinksOfA().Contains("nmtap", StringComparison.Ordinal).Should().Be(host == "TAP");
            holder.Kill();
            holder.WaitForExit();
        }
    }

    private string Run(VethRig rig, string[] before, string sample, params string[] arguments)
    {
        using Process process = Start(rig, before, sample, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        return process.ExitCode == 0 ? Works : output;
    }

    private Process Start(VethRig rig, string[] before, string sample, string[] arguments)
    {
        string[] command = [.. before, "nsenter", "--net=" + rig.PathOfA, Samples.Program(sample), .. arguments];
        return Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["NETMAP_DEVICE"] = DevicePath },
        })!;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Daemon;

/// <summary>What the daemon's surroundings do to it: signals, closed and full outputs, strangers' locks, odd names.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class DaemonLifeTests
{
    [Theory]
    [InlineData("HUP")]
    [InlineData("QUIT")]
    [InlineData("TERM")]
    public void Signals_that_end_it_leave_no_mount(string signal)
    {
        using DaemonInShell daemon = new DaemonInShell().Serve();

        daemon.Signal(signal);

        daemon.WaitForExit().Should().Be(0, string.Join('\n', daemon.Log));
        MountTable.At(daemon.DevicePath).Should().BeNull();
        File.Exists(daemon.DevicePath).Should().BeFalse();
    }

    [Fact]
    public void Signals_that_mean_nothing_here_are_told_and_ignored()
    {
        using DaemonInShell daemon = new DaemonInShell().Serve();
        foreach (string signal in (string[])["USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO"])
        {
            daemon.Signal(signal);
        }

        SpinWait.SpinUntil(() => daemon.HasExited || daemon.Log.Count(Ignored) == 6, TimeSpan.FromSeconds(30));

        daemon.HasExited.Should().BeFalse();
        daemon.Log.Count(Ignored).Should().Be(6, string.Join('\n', daemon.Log));
        Client.OpenErrno(daemon.DevicePath).Should().Be(0);

        static bool Ignored(string line) => line.EndsWith(": ignored", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec \"$0\" \"$@\" >&-")]
    [InlineData("exec \"$0\" \"$@\" >/dev/full")]
    [InlineData("exec \"$0\" \"$@\" <&-")]
    public void It_serves_whoever_listens_or_not(string line)
    {
        using DaemonInShell daemon = new();
        daemon.Start(line, "serve", "-d", daemon.DevicePath, "--run-dir", "");

        daemon.WaitUntilServing();

        Client.OpenErrno(daemon.DevicePath).Should().Be(0);
        daemon.Signal("TERM");
        daemon.WaitForExit().Should().Be(0, string.Join('\n', daemon.Log));
        daemon.Log.Should().NotContain(text => text.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_device_name_ends_the_start_with_one_line()
    {
        using DaemonInShell daemon = new();
        daemon.Start("exec \"$0\" \"$@\"", "serve", "-d", "");

        daemon.WaitForExit().Should().Be(1);
        daemon.Log.Where(static line => line.Length != 0).Should().ContainSingle().Which.Should().Contain("it is empty: give the path");
    }

    [Fact]
    public void A_strangers_lock_on_the_file_refuses_nothing()
    {
        using DaemonInShell daemon = new();
        File.WriteAllText(daemon.DevicePath, "");
        using Fd file = Client.Open(daemon.DevicePath);
        Libc.TryLock(file).Should().BeTrue();

        daemon.Serve();

        daemon.IsSaid("Somebody holds a lock").Should().BeTrue(string.Join('\n', daemon.Log));
        Client.OpenErrno(daemon.DevicePath).Should().Be(0);
    }

    [Fact]
    public void Two_mount_namespaces_that_share_a_folder_have_a_daemon_each()
    {
        using DaemonInShell first = new();
        using DaemonInShell second = new(first.Directory);
        Start(first);
        Start(second);

        In(first, "test -e " + first.DevicePath).Should().Be(0);
        In(second, ": <>" + second.DevicePath).Should().Be(0);
        first.Signal("TERM");
        first.WaitForExit().Should().Be(0, string.Join('\n', first.Log));
        In(second, ": <>" + second.DevicePath).Should().Be(0, "the end of one takes nothing from the other");

        static void Start(DaemonInShell daemon)
        {
            daemon.Start(
                "exec unshare -m --propagation private \"$0\" \"$@\"", "serve", "-d", daemon.DevicePath, "--run-dir", "");
            Assert.SkipUnless(daemon.WaitUntilSaid("Serving "), string.Join('\n', daemon.Log));
        }

        static int In(DaemonInShell daemon, string line)
        {
            string[] enter = ["-t", daemon.Id.ToString(CultureInfo.InvariantCulture), "-m", "sh", "-c", line];
            using Process process = Process.Start("nsenter", enter);
            process.WaitForExit();
            return process.ExitCode;
        }
    }

    [Fact]
    public void A_name_of_a_client_makes_no_lines_of_its_own()
    {
        using DaemonInShell daemon = new DaemonInShell().Serve("--verbose");
        using (Device.NetmapClient client = new(new Device.MountedFile(Client.Open(daemon.DevicePath))))
        {
            client.Register("vale0:\nERR no\u001b[2J");
        }

        daemon.WaitUntilSaid("Bound \"vale0:\\x0aERR no\\x1b[2J\"").Should().BeTrue(string.Join('\n', daemon.Log));
        daemon.Log.Should().NotContain(line => line.StartsWith("ERR", StringComparison.Ordinal));
    }
}

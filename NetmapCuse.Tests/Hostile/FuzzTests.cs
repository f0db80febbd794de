using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using FluentAssertions;
using NetmapCuse.Tests.Daemon;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>
/// A short run of both fuzzers against the executable; by hand they run as long as you like (HACKING.md). Afterwards the daemon
/// lives and has what it had before.
/// </summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed partial class FuzzTests
{
    private const string Seconds = "4";

    [Theory]
    [InlineData("apifuzz", "uring", "passthrough")]
    [InlineData("apifuzz", "fuse", "passthrough")]
    [InlineData("apifuzz", "auto", "pagecache")]
    [InlineData("ringfuzz", "uring", "passthrough")]
    [InlineData("ringfuzz", "fuse", "passthrough")]
    [InlineData("ringfuzz", "auto", "pagecache")]
    public void The_daemon_outlives_anything_and_keeps_nothing(string fuzzer, string transport, string door)
    {
        // A network namespace of its own: what the fuzzer makes there is gone with it.
        using DaemonInShell daemon = new();
        daemon.Start(
            "exec unshare -n \"$0\" \"$@\"",
            "serve", "-d", daemon.DevicePath, "--run-dir", "", "--transport", transport, "--door", door);
        daemon.WaitUntilServing();
        WarmUp(daemon);
        DaemonRemains before = DaemonRemains.Settled(daemon);

        string said = daemon.Check(fuzzer, "-t", Seconds);

        int made = int.Parse(Total().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        made.Should().BePositive(said);
        said.Should().Contain("alive=1");
        TestContext.Current.SendDiagnosticMessage(fuzzer + ": " + said);
        DaemonRemains.ShouldReturnTo(daemon, before);
        daemon.IsSaid("mistake of netmapcuse").Should().BeFalse(string.Join('\n', daemon.Log));
    }

    /// <summary>What is made once for the life of the daemon is made now.</summary>
    private static void WarmUp(DaemonInShell daemon)
    {
        daemon.Check("ringfuzz", "-t", "0");
        using NetmapClient client = new(new MountedFile(Client.Open(daemon.DevicePath)));
        if (client.NewInterface("nmfzwarm") == 0)
        {
            client.DeleteInterface("nmfzwarm").Should().Be(0);
        }
    }

    [GeneratedRegex("(?:calls|states)=([0-9]+)\\s*$")]
    private static partial Regex Total();
}

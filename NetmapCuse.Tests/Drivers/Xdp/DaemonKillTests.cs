using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>The daemon as a process of its own, killed in the middle.</summary>
[Collection("real interfaces")]
public sealed class DaemonKillTests
{
    /// <summary>Waits until what the host sends comes through the program; tells what has come so far.</summary>
    private static long AwaitBridge(VethRig rig)
    {
        SpinWait.SpinUntil(
            () => Traffic.Ping(rig.A, VethRig.AddressB, 56, 1) == 1 && rig.SentByTap() > 0, TimeSpan.FromSeconds(30)).Should().BeTrue();
        return rig.SentByTap();
    }

    [Theory]
    [InlineData("")]
    [InlineData("clsact")]
    public async Task A_transfer_through_the_program_completes_by_itself_when_the_daemon_is_killed(string hooks)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "netmapcuse");
        Assert.SkipUnless(File.Exists(program), "netmapcuse is not built beside the tests");
        using VethRig rig = new();
        string directory = Directory.CreateTempSubdirectory("netmap-kill-").FullName;
        string path = Path.Combine(directory, "netmap");
        using Process daemon = Process.Start(
            new ProcessStartInfo(program, ["serve", "-d", path, "--run-dir", ""])
            {
                RedirectStandardOutput = true,
                Environment = { ["NETMAPCUSE_HOOKS"] = hooks },
            })!;
        try
        {
            string? ready = daemon.StandardOutput.ReadLine();
            Assert.SkipUnless(ready is not null, "netmapcuse serves nothing here");
            using Process bridge = rig.StartInA("nm-bridge", "-d", path, "-t", "60", "netmap:a0", "netmap:a0^");
            long before = AwaitBridge(rig);
            Task<bool> transfer = Background.Run(() => Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 256));
            SpinWait.SpinUntil(() => rig.SentByTap() > before + 1000, TimeSpan.FromSeconds(30)).Should().BeTrue();
            transfer.IsCompleted.Should().BeFalse("the transfer is under way");
            daemon.Kill();
            (await transfer).Should().BeTrue();
            daemon.WaitForExit();
            rig.LinksOfA().Should().NotContain("nmtap").And.NotContain("xdp");
            bridge.WaitForExit(20000).Should().BeTrue("a program is told of the loss");
        }
        finally
        {
            daemon.Kill();
            daemon.WaitForExit();
            _ = Core.Interop.Libc.Unmount(path, 2);
            Directory.Delete(directory, recursive: true);
        }
    }
}

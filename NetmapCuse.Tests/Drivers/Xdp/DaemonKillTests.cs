using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>The daemon as a process of its own, killed in the middle.</summary>
[Collection("real interfaces")]
public sealed class DaemonKillTests
{
    [Fact]
    public async Task A_transfer_through_the_program_completes_by_itself_when_the_daemon_is_killed()
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
            })!;
        try
        {
            string? ready = daemon.StandardOutput.ReadLine();
            Assert.SkipUnless(ready is not null, "netmapcuse serves nothing here");
            using Process bridge = rig.StartInA("nm-bridge", "-d", path, "-t", "60", "netmap:a0", "netmap:a0^");
            SpinWait.SpinUntil(() => rig.LinksOfA().Contains("nmtap", StringComparison.Ordinal), 10000).Should().BeTrue();
            Thread.Sleep(500);
            Task<bool> transfer = Background.Run(() => Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 256));
            Thread.Sleep(500);
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

using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Commands;

/// <summary>
/// A container keeps its device over restarts and crashes of the daemon when it has the folder, not the file: README, "In a
/// container". The container is a process with a mount namespace that gets what is mounted outside (rslave).
/// </summary>
public sealed class RestartTests : IDisposable
{
    /// <summary>ENOTCONN, linux/errno.h.</summary>
    private const int NotConnected = 107;

    private readonly string _folder = Directory.CreateTempSubdirectory("netmap-restart-").FullName;
    private Process? _container;

    private string Shared => Path.Combine(_folder, "shared");

    private string DevicePath => Path.Combine(Shared, "netmap");

    private string InContainer => $"/proc/{_container!.Id}/root{DevicePath}";

    public void Dispose()
    {
        if (_container is { } container)
        {
            container.Kill();
            container.WaitForExit();
            container.Dispose();
        }

        _ = Libc.Unmount(DevicePath, 2);
        _ = Libc.Unmount(Shared, 2);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_container_with_the_folder_outlives_the_daemon()
    {
        MakeContainer();
        using DaemonProcess first = new() { DevicePath = DevicePath };
        first.Serve("--config", "", "--device", DevicePath);
        using NetmapClient former = Open().Register("vale0:a");
        first.Signal("TERM");
        first.AwaitEnd().Should().Be(0);
        former.TxSync().Should().Be(NotConnected, "an old client is told, and opens anew");
        File.Exists(InContainer).Should().BeFalse("nothing that could be taken for a device is left");

        // What the second one leaves when it is killed is for the third one to clear away.
        using DaemonProcess second = new() { DevicePath = DevicePath };
        second.Serve("--config", "", "--device", DevicePath);
        using NetmapClient client = Open().Register("vale0:a");
        second.Signal("KILL");
        second.AwaitEnd();
        client.TxSync().Should().NotBe(0);

        using DaemonProcess third = new() { DevicePath = DevicePath };
        third.Serve("--config", "", "--device", DevicePath);
        using NetmapClient again = Open().Register("vale0:a");
        again.TxSync().Should().Be(0);
    }

    private NetmapClient Open() => new(new MountedFile(Client.Open(InContainer)));

    private void MakeContainer()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Directory.CreateDirectory(Shared);
        using Process mount = Process.Start("sh", ["-c", $"mount -t tmpfs tmpfs {Shared} && mount --make-shared {Shared}"]);
        mount.WaitForExit();
        Assert.SkipUnless(mount.ExitCode == 0, "nothing can be mounted here");
        _container = Process.Start("unshare", ["--mount", "--propagation", "slave", "sh", "-c", "exec sleep 300"])!;
        string own = new FileInfo("/proc/self/ns/mnt").LinkTarget!;
        SpinWait.SpinUntil(() => new FileInfo($"/proc/{_container.Id}/ns/mnt").LinkTarget != own, DaemonProcess.Patience).Should().BeTrue();
        SpinWait.SpinUntil(
            () => File.ReadAllText($"/proc/{_container.Id}/mountinfo").Contains("master:", StringComparison.Ordinal), DaemonProcess.Patience)
            .Should().BeTrue("it is a slave");
    }
}

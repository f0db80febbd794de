using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

/// <summary>How a device file comes to be, ends, and is taken over from the dead.</summary>
[Collection(MountTests.Name)]
public sealed class LifeCycleTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("netmap-test-").FullName;

    private string DevicePath => Path.Combine(_directory, "netmap");

    public void Dispose()
    {
        while (MountTable.At(DevicePath) is not null)
        {
            FuseMount.Remove(DevicePath);
        }

        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void A_file_that_was_made_for_the_mount_is_removed_at_the_end(string transport)
    {
        using TestDevice device = new(transport);
        File.Exists(device.Path).Should().BeTrue();

        device.Server.Stop();

        File.Exists(device.Path).Should().BeFalse();
        MountTable.At(device.Path).Should().BeNull();
        device.Server.Ended.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public void An_empty_file_that_was_there_is_left()
    {
        File.WriteAllText(DevicePath, "");

        using (Start())
        {
        }

        File.Exists(DevicePath).Should().BeTrue();
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public async Task At_the_end_the_calls_of_clients_fail_and_sleepers_wake(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        Task<int> sleeper = Background.Run(() => Client.Poll(fd, 1, 30_000));
        device.Handler.Armed.Wait(5000, TestContext.Current.CancellationToken).Should().BeTrue();

        device.Server.Stop();

        Client.Ioctl(fd, EchoHandler.Empty, []).Should().Be(-Errno.NotConn);
        int ready = await sleeper.WaitAsync(Background.Patience, TestContext.Current.CancellationToken);
        (ready & 8).Should().Be(8, "POLLERR is what a sleeper gets when the connection ends");
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public async Task An_unmount_from_outside_is_noticed(string transport)
    {
        using TestDevice device = new(transport);

        Libc.Unmount(device.Path, 0).Should().Be(0);

        EndReason reason = await device.Server.Ended.WaitAsync(
            Background.Patience, TestContext.Current.CancellationToken);
        reason.Should().Be(EndReason.Unmounted);
        device.Server.Stop();
        File.Exists(device.Path).Should().BeFalse();
    }

    [Fact]
    public void A_path_that_is_served_is_refused()
    {
        using DeviceServer first = Start();

        Refusal().Failure.Should().Be(StartFailure.AlreadyServed);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void Two_devices_are_served_at_once(string transport)
    {
        using TestDevice first = new(transport);
        using TestDevice second = new(transport);
        using Fd one = Client.Open(first.Path);
        using Fd two = Client.Open(second.Path);

        first.Server.Stop();

        Client.Ioctl(two, EchoHandler.Empty, []).Should().Be(0);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void The_mount_of_a_killed_daemon_is_replaced(string transport)
    {
        RequireMount(transport);
        using ChildProcess daemon = ChildProcess.Start(ChildProcess.Server, DevicePath, transport);
        MountTable.At(DevicePath).Should().NotBeNull();
        daemon.Kill();
        daemon.WaitForExit();

        using DeviceServer successor = Start();

        using Fd fd = Client.Open(DevicePath);
        Client.Ioctl(fd, EchoHandler.Empty, []).Should().Be(0);
    }

    [Fact]
    public void A_daemon_that_does_not_answer_is_replaced()
    {
        RequireMount("Fuse");
        using ChildProcess daemon = ChildProcess.Start(ChildProcess.Server, DevicePath, "Fuse");
        daemon.Suspend();

        using DeviceServer successor = Start();

        using Fd fd = Client.Open(DevicePath);
        Client.Ioctl(fd, EchoHandler.Empty, []).Should().Be(0);
    }

    [Fact]
    public void What_is_not_ours_is_refused_by_name()
    {
        File.WriteAllText(DevicePath, "content");
        Refusal().Message.Should().Contain("with contents");
        File.Delete(DevicePath);

        Directory.CreateDirectory(DevicePath);
        Refusal().Message.Should().Contain("a directory");
        Directory.Delete(DevicePath);

        File.CreateSymbolicLink(DevicePath, "/elsewhere");
        Refusal().Message.Should().Contain("a symbolic link");
        File.Delete(DevicePath);

        Refusal("/dev/null").Message.Should().Contain("is a device");
        Refusal("/proc").Message.Should().Contain("of type proc");
        Refusal(Path.Combine(_directory, "absent", "netmap")).Message.Should().Contain("no directory");
    }

    [Fact]
    public void A_symbolic_link_in_the_directory_part_is_followed()
    {
        string link = _directory + "-link";
        Directory.CreateSymbolicLink(link, _directory);
        try
        {
            using DeviceServer server = Start(Path.Combine(link, "netmap"));

            MountTable.At(DevicePath).Should().NotBeNull();
        }
        finally
        {
            File.Delete(link);
        }
    }

    private static void RequireMount(string transport)
    {
        // Skips where this machine cannot do it.
        using TestDevice probe = new(transport);
    }

    private DeviceServer Start(string? path = null)
    {
        RequireMount("Auto");
        return StartAt(path ?? DevicePath);
    }

    private StartException Refusal(string? path = null)
    {
        Action start = () => StartAt(path ?? DevicePath).Dispose();
        return start.Should().Throw<StartException>().Which;
    }

    private static DeviceServer StartAt(string path)
    {
        using Fd memory = Client.MemFd(TestDevice.MemorySize);
        return DeviceServer.Start(
            new DeviceServerOptions { Path = path }, memory, new EchoHandler(), Serilog.Core.Logger.None);
    }
}

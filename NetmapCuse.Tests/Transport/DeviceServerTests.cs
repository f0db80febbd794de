using System.Buffers.Binary;
using System.Runtime.Versioning;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

/// <summary>Calls of real clients on a real mount, over each transport.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class DeviceServerTests
{
    private const int PollIn = 1;

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void An_ioctl_changes_the_argument_and_returns_a_result(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        byte[] data = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

        Client.Ioctl(fd, EchoHandler.Increment, data).Should().Be(7);

        data.Should().Equal(Enumerable.Range(1, 16).Select(i => (byte)i));
        Client.Ioctl(fd, EchoHandler.Empty, []).Should().Be(0);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void A_failing_ioctl_still_gives_the_data_back(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        byte[] data = new byte[16];

        Client.Ioctl(fd, EchoHandler.FailWithData, data).Should().Be(-6);

        data.Should().OnlyContain(value => value == 0x5A);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void An_unknown_ioctl_gives_the_error_of_the_handler(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);

        Client.Ioctl(fd, 0x7499, []).Should().Be(-95);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void An_argument_that_only_goes_in_arrives(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        byte[] data = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(data, 12345);

        Client.Ioctl(fd, EchoHandler.Return, data).Should().Be(12345);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void The_largest_argument_travels_both_ways(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        byte[] data = new byte[16383];
        new Random(1).NextBytes(data);
        byte[] expected = [.. data.Select(value => (byte)~value)];

        Client.Ioctl(fd, EchoHandler.Largest, data).Should().Be(data.Length);

        data.Should().Equal(expected);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void The_caller_is_the_thread_that_calls(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        byte[] data = new byte[8];
        int thread = 0;

        Thread caller = new(() =>
        {
            thread = Client.ThreadId();
            Client.Ioctl(fd, EchoHandler.WhoCalls, data);
        });
        caller.Start();
        caller.Join();

        BinaryPrimitives.ReadInt64LittleEndian(data).Should().Be(thread);
        device.Handler.Openers.TryPeek(out Caller opener).Should().BeTrue();
        opener.UserId.Should().Be(0);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public unsafe void A_mapping_of_the_device_is_the_memory_of_the_daemon(string transport)
    {
        using TestDevice device = new(transport);
        byte* mapping;
        using (Fd fd = Client.Open(device.Path))
        {
            mapping = Client.Map(fd, TestDevice.MemorySize);
        }

        mapping[5000] = 0xAB;
        Client.WriteAt(device.Memory, 70000, 0xCD);

        Client.ReadAt(device.Memory, 5000).Should().Be(0xAB);
        mapping[70000].Should().Be(0xCD);
        device.Server.Stop();
        mapping[5000].Should().Be(0xAB, "a mapping outlives the daemon");
        Client.Unmap(mapping, TestDevice.MemorySize);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public async Task A_poller_sleeps_until_it_is_woken(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        Client.Poll(fd, PollIn, 50).Should().Be(0);
        device.Handler.Armed.Reset();

        Task<int> sleeper = Background.Run(() => Client.Poll(fd, PollIn, 10_000));
        device.Handler.Armed.Wait(5000, TestContext.Current.CancellationToken).Should().BeTrue();
        device.Handler.MakeReady((uint)PollIn);

        (await sleeper.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().Be(PollIn);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void A_call_being_served_may_wake_pollers(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);

        int ready = Client.Epoll(
            fd, PollIn, 5000, armed: () => Task.Delay(100).ContinueWith(
                _ => Client.Ioctl(fd, EchoHandler.Wake, []), TaskScheduler.Default));

        ready.Should().Be(PollIn);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void Epoll_reports_what_is_ready_and_times_out_otherwise(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);

        Client.Epoll(fd, PollIn, 50).Should().Be(0);
        device.Handler.MakeReady((uint)PollIn);
        Client.Epoll(fd, PollIn, 5000).Should().Be(PollIn);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void Release_comes_once_and_flush_at_every_close(string transport)
    {
        using TestDevice device = new(transport);
        using (Client.Open(device.Path))
        {
        }

        device.Handler.Released.TryTake(out ulong handle, 5000, TestContext.Current.CancellationToken).Should().BeTrue();
        handle.Should().Be(1);
        device.Handler.Flushed.Should().Equal(1UL);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void An_open_that_is_refused_gives_the_error(string transport)
    {
        using TestDevice device = new(transport);
        device.Handler.OpenErrno = 23;

        Client.OpenErrno(device.Path).Should().Be(23);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void Reading_writing_and_resizing_are_refused(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path, Client.ReadWrite | Client.Truncate | Client.CloseOnExec);

        Client.ReadErrno(fd).Should().Be(22);
        Client.WriteErrno(fd).Should().Be(22);
        Client.TruncateErrno(fd).Should().Be(22);
        Client.FallocateErrno(fd).Should().Be(22);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void The_mode_is_the_one_asked_for_and_chmod_changes_it(string transport)
    {
        using TestDevice device = new(transport);
        File.GetUnixFileMode(device.Path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        const UnixFileMode Wider = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        File.SetUnixFileMode(device.Path, Wider);

        File.GetUnixFileMode(device.Path).Should().Be(Wider);
        new FileInfo(device.Path).Length.Should().Be(0);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void The_steady_state_allocates_nothing(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        Exercise(fd, 2000);

        const int Rounds = 20_000;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Exercise(fd, Rounds);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        // The smallest object has 24 bytes; what the test runner does meanwhile has to fit in between.
        allocated.Should().BeLessThan(Rounds);
    }

    private static void Exercise(Fd fd, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            if (Client.Ioctl(fd, EchoHandler.Empty, []) != 0 || Client.Poll(fd, PollIn, 0) != 0)
            {
                throw new InvalidOperationException("a call failed");
            }
        }
    }
}

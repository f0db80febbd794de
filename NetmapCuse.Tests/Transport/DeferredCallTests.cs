using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

/// <summary>Calls that are answered later, by another thread.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class DeferredCallTests
{
    private const int WindowChanged = 28;

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public async Task The_caller_waits_and_others_are_served_meanwhile(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        byte[] data = new byte[16];

        Task<int> call = Background.Run(() => Client.Ioctl(fd, EchoHandler.Later, data));
        DeferredReply reply = Take(device);
        Client.Ioctl(fd, EchoHandler.Empty, []).Should().Be(0);
        call.IsCompleted.Should().BeFalse();
        reply.Data[3] = 0x77;
        reply.Complete(5);

        (await call.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().Be(5);
        data[3].Should().Be(0x77);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public async Task More_calls_can_wait_than_a_queue_has_entries_at_the_start(string transport)
    {
        const int Calls = 4 * UringQueue.EntriesAtStart;
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);

        List<Task<int>> calls = [];
        List<DeferredReply> replies = [];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < Calls; i++)
            {
                calls.Add(Background.Run(() => Client.Ioctl(fd, EchoHandler.Later, new byte[16])));
            }

            for (int i = 0; i < Calls; i++)
            {
                replies.Add(Take(device));
            }

            Client.Ioctl(fd, EchoHandler.Empty, []).Should().Be(0);
            replies.ForEach(reply => reply.Complete(-16));
            int[] results = await Task.WhenAll(calls).WaitAsync(
                Background.Patience, TestContext.Current.CancellationToken);
            results.Should().OnlyContain(result => result == -16);
            calls.Clear();
            replies.Clear();
        }
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public async Task A_signal_to_the_caller_interrupts(string transport)
    {
        using PosixSignalRegistration caught = PosixSignalRegistration.Create(
            PosixSignal.SIGWINCH, context => context.Cancel = true);
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        int thread = 0;

        Task<int> call = Background.Run(() =>
        {
            Volatile.Write(ref thread, Client.ThreadId());
            return Client.Ioctl(fd, EchoHandler.Later, new byte[16]);
        });
        DeferredReply reply = Take(device);
        reply.Interrupted.IsCancellationRequested.Should().BeFalse();
        Client.SignalThread(Environment.ProcessId, Volatile.Read(ref thread), WindowChanged).Should().Be(0);

        reply.Interrupted.WaitHandle.WaitOne(Background.Patience).Should().BeTrue();
        reply.Complete(-4);
        (await call.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().Be(-4);
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public void The_death_of_the_caller_interrupts(string transport)
    {
        using TestDevice device = new(transport);
        using ChildProcess client = ChildProcess.Start(ChildProcess.WaitingClient, device.Path);
        DeferredReply reply = Take(device);

        client.Kill();

        reply.Interrupted.WaitHandle.WaitOne(Background.Patience).Should().BeTrue();
        reply.Complete(-4);
        device.Handler.Released.TryTake(
            out _, (int)Background.Patience.TotalMilliseconds, TestContext.Current.CancellationToken).Should().BeTrue();
    }

    [Theory]
    [InlineData("Uring")]
    [InlineData("Fuse")]
    public async Task The_end_of_the_server_interrupts_and_a_late_answer_is_harmless(string transport)
    {
        using TestDevice device = new(transport);
        using Fd fd = Client.Open(device.Path);
        Task<int> call = Background.Run(() => Client.Ioctl(fd, EchoHandler.Later, new byte[16]));
        DeferredReply reply = Take(device);

        device.Server.Stop();

        (await call.WaitAsync(Background.Patience, TestContext.Current.CancellationToken))
            .Should().BeOneOf(-103, -107);
        reply.Interrupted.IsCancellationRequested.Should().BeTrue();
        reply.Complete(0);
        reply.Invoking(late => late.Complete(0)).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void An_interrupt_that_overtakes_the_deferral_is_not_lost()
    {
        DeferredCalls calls = new();

        calls.Interrupt(42);

        new SilentCall(calls, 42).Interrupted.IsCancellationRequested.Should().BeTrue();
        new SilentCall(calls, 44).Interrupted.IsCancellationRequested.Should().BeFalse();
    }

    private static DeferredReply Take(TestDevice device)
    {
        device.Handler.Deferred.TryTake(
            out DeferredReply? reply, (int)Background.Patience.TotalMilliseconds, TestContext.Current.CancellationToken)
            .Should().BeTrue();
        return reply!;
    }

    private sealed class SilentCall(DeferredCalls calls, ulong unique) : DeferredCall(calls, unique, 0, [], 0)
    {
        protected override void Answer(int result)
        {
        }
    }
}

using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

public sealed class CallerWatchTests
{
    private const string Status =
        "Name:\tx\nSigQ:\t1/2\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000004100\nSigBlk:\t0000000000000000\n"
        + "SigIgn:\t0000000000001000\nSigCgt:\t0000000000000002\n";

    [Fact]
    public void Signals_are_read_from_the_status_of_a_thread()
    {
        ThreadSignals signals = ThreadSignals.Parse(Status);

        signals.Should().Be(new ThreadSignals(0, 0x4100, 0x1000));
        signals.AreFatal.Should().BeTrue();
        signals.AreWaiting.Should().BeTrue();
        new ThreadSignals(0x1000, 0, 0x1000).AreWaiting.Should().BeFalse("it is ignored");
        ThreadSignals.Of(0).Should().Be(default(ThreadSignals));
        ThreadSignals.Of(int.MaxValue).AreFatal.Should().BeFalse();
    }

    /// <summary>A stopped process takes no signal but SIGKILL: what is sent to it waits.</summary>
    [Fact]
    public void A_call_is_interrupted_when_a_signal_waits_for_its_caller()
    {
        using Process caller = Process.Start("sleep", "60");
        try
        {
            DeferredCalls calls = new();
            using CallerWatch watch = new(calls);
            SilentCall call = new(calls, 1, caller.Id);
            SilentCall other = new(calls, 2, Environment.ProcessId);
            Signal(caller, "STOP");
            SpinWait.SpinUntil(() => call.Interrupted.IsCancellationRequested, 500).Should().BeFalse();

            Signal(caller, "TERM");
            call.Interrupted.WaitHandle.WaitOne(Background.Patience).Should().BeTrue();
            other.Interrupted.IsCancellationRequested.Should().BeFalse();
        }
        finally
        {
            caller.Kill();
        }
    }

    private static void Signal(Process process, string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    private sealed class SilentCall(DeferredCalls calls, ulong unique, int threadId)
        : DeferredCall(calls, unique, threadId, [], 0)
    {
        protected override void Answer(int result)
        {
        }
    }
}

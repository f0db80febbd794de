using System.Diagnostics;
using System.Runtime.Versioning;
using FluentAssertions;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Loops;

/// <summary>Sync loops of real programs on a real mount.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class SyncLoopTests
{
    [Theory]
    [InlineData("Auto", "timer")]
    [InlineData("Auto", "shared")]
    [InlineData("Auto", "events")]
    [InlineData("Fuse", "events")]
    [InlineData("Auto", "direct")]
    [InlineData("Auto", "pipe")]
    [InlineData("Auto", "sticky")]
    [InlineData("Fuse", "sticky")]
    [InlineData("Auto", "ends")]
    [InlineData("Fuse", "ends")]
    [InlineData("Auto", "fault")]
    [InlineData("Auto", "late")]
    [InlineData("Fuse", "late")]
    [InlineData("Auto", "hostile")]
    [InlineData("Auto", "loop-errors")]
    public void A_program_with_a_loop(string transport, string test)
    {
        using LoopTestDevice device = new(transport);
        LoopTestDevice.Remains before = device.Look();

        device.Check("kloop", test);

        device.ShouldReturnTo(before);
    }

    [Theory]
    [InlineData("Auto", "hold")]
    [InlineData("Auto", "loop")]
    [InlineData("Auto", "event-loop")]
    [InlineData("Fuse", "event-loop")]
    [InlineData("Auto", "stuck")]
    [InlineData("Fuse", "stuck")]
    public void A_program_that_is_killed_leaves_nothing_behind(string transport, string test)
    {
        using LoopTestDevice device = new(transport);
        LoopTestDevice.Remains before = device.Look();
        using Process program = device.Start("kloop", test);
        program.StandardOutput.ReadLine().Should().Be("ready");
        device.Look().Should().NotBe(before);

        program.Kill();

        program.WaitForExit(5000).Should().BeTrue("a killed program must not hang in START");
        device.ShouldReturnTo(before);
    }

    [Fact]
    public void The_end_of_the_device_ends_the_loops()
    {
        LoopTestDevice device = new("Auto");
        int before = device.Look().Loops;
        using Process program = device.Start("kloop", "event-loop");
        program.StandardOutput.ReadLine().Should().Be("ready");
        device.Look().Loops.Should().Be(before + 1);

        device.Dispose();

        SpinWait.SpinUntil(() => LoopTestDevice.LoopThreads() == before, TimeSpan.FromSeconds(30)).Should().BeTrue();
        program.Kill();
        program.WaitForExit(5000).Should().BeTrue();
    }
}

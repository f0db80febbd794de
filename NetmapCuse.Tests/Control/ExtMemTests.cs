using System.Diagnostics;
using System.Runtime.Versioning;
using FluentAssertions;
using NetmapCuse.Tests.Loops;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>Regions in memory of real programs.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class ExtMemTests
{
    [Theory]
    [InlineData("memfd")]
    [InlineData("unsealable")]
    [InlineData("anonymous")]
    [InlineData("huge")]
    [InlineData("middle")]
    [InlineData("pieces")]
    [InlineData("odd")]
    [InlineData("same")]
    [InlineData("truncate")]
    [InlineData("punch-huge")]
    public void A_program_with_memory_of_its_own(string test)
    {
        using LoopTestDevice device = new("Auto");
        LoopTestDevice.Remains before = device.Look();

        device.Check("extmem", test);

        device.ShouldReturnTo(before);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("truncate-file")]
    public void A_program_with_a_file_on_tmpfs(string test)
    {
        const string File = "/dev/shm/netmapcuse-extmem-test";
        using LoopTestDevice device = new("Auto");
        LoopTestDevice.Remains before = device.Look();
        try
        {
            device.Check("extmem", test, File);
        }
        finally
        {
            System.IO.File.Delete(File);
        }

        device.ShouldReturnTo(before);
    }

    [Fact]
    public void What_cannot_be_shared_is_refused_and_said_why()
    {
        using LoopTestDevice device = new("Auto");
        LoopTestDevice.Remains before = device.Look();

        device.Check("extmem", "refused", device.Scratch);

        device.Log.Should().Contain(line => line.Contains("private", StringComparison.Ordinal)
            && line.Contains("use memfd_create", StringComparison.Ordinal) && line.Contains("refused", StringComparison.Ordinal));
        device.ShouldReturnTo(before);
    }

    [Fact]
    public void A_program_that_is_killed_leaves_nothing_behind()
    {
        using LoopTestDevice device = new("Auto");
        LoopTestDevice.Remains before = device.Look();
        using Process program = device.Start("extmem", "hold");
        program.StandardOutput.ReadLine().Should().Be("ready");
        device.Look().Ports.Should().Be(1);

        program.Kill();

        program.WaitForExit(5000).Should().BeTrue();
        device.ShouldReturnTo(before);
    }
}

using System.Runtime.Versioning;
using FluentAssertions;
using NetmapCuse.Tests.Loops;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>What a client must not reach, tried by a C program: memory of others, and the daemon's network namespace.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class StrangerTests
{
    [Theory]
    [InlineData("dead-reader")]
    [InlineData("dead-writer")]
    [InlineData("dead-namespace")]
    [InlineData("not-dumpable")]
    [InlineData("same-user")]
    public void A_client_reaches_its_own_memory_and_namespace_only(string test)
    {
        using LoopTestDevice device = OpenToAll();

        device.Check("walls", test);
    }

    [Theory]
    [InlineData("deputy")]
    [InlineData("dropped-rights")]
    public void Nobody_reads_memory_by_writing_slots_into_the_rings_of_others(string test)
    {
        using LoopTestDevice device = OpenToAll();

        device.Check("walls", test);

        device.Log.Should().ContainSingle(line => line.Contains("NS_INDIRECT", StringComparison.Ordinal))
            .Which.Should().Contain("--device", "the remedy is named");
    }

    /// <summary>Who else tries is another user.</summary>
    private static LoopTestDevice OpenToAll()
    {
        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode Write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        const UnixFileMode Enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        LoopTestDevice device = new("Auto");
        File.SetUnixFileMode(Path.GetDirectoryName(device.DevicePath)!, Read | Enter | UnixFileMode.UserWrite);
        File.SetUnixFileMode(device.DevicePath, Read | Write);
        return device;
    }
}

using System.Runtime.Versioning;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Loops;

/// <summary>CSB mode without a loop.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class CsbTests
{
    [Theory]
    [InlineData("words")]
    [InlineData("csb-errors")]
    public void A_program_in_CSB_mode(string test)
    {
        using LoopTestDevice device = new("Auto");
        LoopTestDevice.Remains before = device.Look();

        device.Check("kloop", test);

        device.ShouldReturnTo(before);
    }
}

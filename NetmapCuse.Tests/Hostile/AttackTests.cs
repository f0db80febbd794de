using System.Runtime.Versioning;
using NetmapCuse.Tests.Loops;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>Attacks on the daemon by a C program, with a witness that has to be served meanwhile.</summary>
[Collection(MountTests.Name)]
[SupportedOSPlatform("linux")]
public sealed class AttackTests
{
    [Theory]
    [InlineData("self-as-event")]
    [InlineData("flush-storm")]
    [InlineData("stale-bytes")]
    [InlineData("hanging-body")]
    [InlineData("hanging-slot")]
    [InlineData("hanging-poll")]
    [InlineData("monitored-slot")]
    [InlineData("vast-memory")]
    public void An_attack_harms_nobody(string test)
    {
        using LoopTestDevice device = new("Auto");
        LoopTestDevice.Remains before = device.Look();

        device.Check("attack", test);

        device.ShouldReturnTo(before);
    }
}

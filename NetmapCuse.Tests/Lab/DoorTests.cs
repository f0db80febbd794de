using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Lab;

/// <summary>
/// The suites of the lab (scripts/lab.d/suites): the C samples through every door, the doctor, host rings, emulated NICs, models of chips.
/// </summary>
public sealed class DoorTests
{
    [Theory]
    [InlineData("doors", "passthrough/uring")]
    [InlineData("doors", "passthrough/fuse")]
    [InlineData("doors", "pagecache")]
    [InlineData("doctor")]
    [InlineData("network")]
    public void On_this_machine(string suite, params string[] arguments) => LabScript.RunHere(suite, arguments);

    [Fact]
    public void On_the_stable_kernel()
    {
        const int Wires = 6;
        using WireTester tester = new(Wires);
        LabScript.RunInGuest("6.1", "--tester", tester.Folder, "doors", "doctor", "network", "nics");
        tester.Answered.Should().BeGreaterThan(0);
    }

    [Fact]
    public void On_the_backported_kernel() => LabScript.RunInGuest("6.12", "doors", "doctor", "models");
}

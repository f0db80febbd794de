using Xunit;

namespace NetmapCuse.Tests.Lab;

/// <summary>
/// The C samples through every door (scripts/lab.d/suites/doors): switches, pipes, poll, fork and descriptor passing, hostile
/// clients, killed clients and daemons.
/// </summary>
public sealed class DoorTests
{
    [Theory]
    [InlineData("passthrough/uring")]
    [InlineData("passthrough/fuse")]
    [InlineData("pagecache")]
    public void On_this_machine(string door) => LabScript.RunHere(door);

    [Fact]
    public void On_the_stable_kernel() => LabScript.RunInGuest("6.1", "pagecache", "cuse");

    [Fact]
    public void On_the_backported_kernel() => LabScript.RunInGuest("6.12", "passthrough", "pagecache", "cuse");
}

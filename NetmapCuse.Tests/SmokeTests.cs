using NetmapCuse.Core.Interop;

namespace NetmapCuse.Tests;

public sealed class SmokeTests
{
    [Xunit.Fact]
    public void An_exception_of_a_system_call_names_the_step_and_the_errno()
    {
        PosixException exception = new("mount /dev/netmap", 1);
        Xunit.Assert.Contains("mount /dev/netmap", exception.Message, StringComparison.Ordinal);
        Xunit.Assert.Equal(1, exception.Errno);
    }
}

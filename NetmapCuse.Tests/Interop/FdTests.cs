using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Xunit;

namespace NetmapCuse.Tests.Interop;

public sealed class FdTests
{
    [Fact]
    public void A_descriptor_that_could_not_be_opened_is_invalid()
    {
        using Fd fd = Libc.Open("/nonexistent/file", OpenFlags.ReadOnly | OpenFlags.CloseOnExec, 0);

        fd.IsInvalid.Should().BeTrue();
    }
}

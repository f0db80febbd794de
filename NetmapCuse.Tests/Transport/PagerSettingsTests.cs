using FluentAssertions;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

public sealed class PagerSettingsTests
{
    [Fact]
    public void The_command_line_says_all_of_it()
    {
        PagerSettings settings = new(123, "/dev/a path", 4, 5, 6, 7);

        PagerSettings.Parse([.. settings.ToArguments()]).Should().Be(settings);
    }

    [Theory]
    [InlineData("/dev/netmap 1 2 3 4")]
    [InlineData("/dev/netmap 1 2 3 4 5 6")]
    [InlineData("/dev/netmap 1 2 3 4 x")]
    [InlineData("/dev/netmap 1 2 3 4 -5")]
    public void Anything_else_is_refused(string line) => PagerSettings.Parse(line.Split(' ')).Should().BeNull();
}

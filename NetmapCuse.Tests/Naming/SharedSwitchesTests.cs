using FluentAssertions;
using NetmapCuse.Core.Naming;
using Xunit;

namespace NetmapCuse.Tests.Naming;

public sealed class SharedSwitchesTests
{
    [Theory]
    [InlineData("vale0", "vale0:a", true)]
    [InlineData("vale0", "vale0", true)]
    [InlineData("vale0", "vale0:a{1", true)]
    [InlineData("vale0", "vale00:a", false)]
    [InlineData("vale0", "vale:vale0", false)]
    [InlineData("vale0", "eth0", false)]
    [InlineData("vale*", "vale:a", true)]
    [InlineData("vale*", "valent", true)]
    [InlineData("vale*", "valley:a", false)]
    public void A_pattern_is_about_the_name_of_the_switch(string pattern, string name, bool isShared) =>
        new SharedSwitches([pattern]).Has(name).Should().Be(isShared);

    [Theory]
    [InlineData("vale0", true)]
    [InlineData("vale*", true)]
    [InlineData("vale_net*", true)]
    [InlineData("*", false)]
    [InlineData("br0", false)]
    [InlineData("vale:a", false)]
    [InlineData("va*le", false)]
    [InlineData("", false)]
    [InlineData("vale0123456789ab", false)]
    public void What_no_switch_can_be_called_is_no_pattern(string text, bool isPattern) =>
        SharedSwitches.IsPattern(text).Should().Be(isPattern);
}

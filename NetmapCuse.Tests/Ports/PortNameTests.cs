using FluentAssertions;
using NetmapCuse.Core.Ports;
using Xunit;

namespace NetmapCuse.Tests.Ports;

public sealed class PortNameTests
{
    [Theory]
    [InlineData("vale0:a{1", "vale0:a", "1", true)]
    [InlineData("vale0:a}1", "vale0:a", "1", false)]
    [InlineData("a{b{c", "a{b", "c", true)]
    [InlineData("a}b}c", "a}b", "c", false)]
    [InlineData("a{b}c", "a", "b}c", true)]
    [InlineData("a}b{c", "a}b", "c", true)]
    [InlineData("{x", "", "x", true)]
    [InlineData("x}", "x", "", false)]
    public void Pipes_split_at_the_last_brace_and_opening_ones_win(string name, string parent, string id, bool master)
    {
        PortName.IsPipe(name, out string actualParent, out string actualId, out bool isMaster).Should().BeTrue();

        actualParent.Should().Be(parent);
        actualId.Should().Be(id);
        isMaster.Should().Be(master);
    }

    [Theory]
    [InlineData("vale0:a")]
    [InlineData("eth0")]
    [InlineData("")]
    public void Names_without_braces_are_no_pipes(string name) =>
        PortName.IsPipe(name, out _, out _, out _).Should().BeFalse();

    [Theory]
    [InlineData("vale0:a", "vale0", "a")]
    [InlineData("vale:x", "vale", "x")]
    [InlineData("val0:x", "val0", "x")]
    [InlineData("vale0:", "vale0", "")]
    [InlineData("vale_1:a:b", "vale_1", "a:b")]
    [InlineData("vale0:with space/-", "vale0", "with space/-")]
    [InlineData("vale56789012345:x", "vale56789012345", "x")]
    [InlineData("vale0:123456789012345", "vale0", "123456789012345")]
    public void Vale_names_split_at_the_first_colon(string name, string switchName, string portName)
    {
        PortName.TrySplitVale(name, out string actualSwitch, out string actualPort).Should().BeTrue();

        actualSwitch.Should().Be(switchName);
        actualPort.Should().Be(portName);
    }

    [Theory]
    [InlineData("valley0")]
    [InlineData("vale0")]
    [InlineData("vale567890123456:x")]
    [InlineData("vale0:1234567890123456")]
    [InlineData("vale-0:a")]
    [InlineData("vale 0:a")]
    [InlineData("vale0\u00e9:a")]
    public void Other_names_are_refused(string name) => PortName.TrySplitVale(name, out _, out _).Should().BeFalse();

    [Theory]
    [InlineData("val", true)]
    [InlineData("valley0", true)]
    [InlineData("Vale0:a", false)]
    [InlineData("va", false)]
    [InlineData("eth0", false)]
    public void Three_letters_make_a_vale_name(string name, bool isVale) => PortName.IsVale(name).Should().Be(isVale);
}

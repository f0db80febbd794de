using FluentAssertions;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Transport;

public sealed class MountTableTests
{
    private const string Line =
        "301 25 0:52 / /tmp/a\\040b/netmap rw,nosuid,relatime shared:9 - fuse.netmapcuse netmap rw,user_id=0";

    [Fact]
    public void A_line_gives_device_place_and_type()
    {
        MountTable.TryParse(Line, out MountEntry entry).Should().BeTrue();

        entry.Should().Be(new MountEntry((0, 52), "/tmp/a b/netmap", "fuse.netmapcuse"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("301 25 0:52 / /tmp rw shared:9 fuse netmap rw")]
    [InlineData("301 25 zero / /tmp rw shared:9 - fuse netmap rw")]
    [InlineData("301 25 0:52 / /tmp rw -")]
    public void Other_lines_are_passed_over(string line) => MountTable.TryParse(line, out _).Should().BeFalse();

    [Fact]
    public void The_last_mount_at_a_place_is_on_top()
    {
        string[] lines = [Line, Line.Replace("0:52", "0:77", StringComparison.Ordinal), "garbage"];

        MountTable.At(lines, "/tmp/a b/netmap")!.Value.Device.Should().Be((0u, 77u));
        MountTable.At(lines, "/tmp/a b").Should().BeNull();
    }

    [Theory]
    [InlineData("0\n", 1)]
    [InlineData("0-1\n", 2)]
    [InlineData("0-3,8-11\n", 8)]
    [InlineData("0,2", 2)]
    public void Possible_cpus_are_counted(string list, int count) => PossibleCpus.CountOf(list).Should().Be(count);
}

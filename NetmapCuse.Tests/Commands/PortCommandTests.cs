using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Commands;

/// <summary>"netmapcuse port" on a daemon, and what is said when something cannot be.</summary>
public sealed class PortCommandTests : IDisposable
{
    private const string Name = "nmport-p0";
    private const string OnSwitch = "vale4:" + Name;

    private readonly DaemonProcess _daemon = new();

    public void Dispose() => _daemon.Dispose();

    [Fact]
    public void A_persistent_port_from_add_to_del()
    {
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
        _daemon.Serve("--device", _daemon.DevicePath);
        _daemon.Port("add", Name, "--rings", "2", "--slots", "256").Should().StartWith($"{Name}: rings 2/2, slots 256/256, region ");
        Fail("add", Name).Should().Contain("there is an interface or port of this name already");
        _daemon.Port("attach", OnSwitch).Should().Be($"{OnSwitch}: port 0\n");
        Fail("attach", OnSwitch).Should().Contain("attached already");
        _daemon.Port("list").Split('\n')[1].Should().MatchRegex($"^{OnSwitch} +0 +0 +2/2 +256/256 +[0-9]+$");
        Complete($"netmapcuse port detach --device {_daemon.DevicePath} ").Should().Contain(OnSwitch);
        Complete("netmapcuse port del nmport").Should().Contain(Name);
        Complete("netmapcuse port attach vale4:").Should().Contain(OnSwitch);
        Fail("del", Name).Should().Contain("netmapcuse port detach");
        _daemon.Port("detach", OnSwitch);
        Fail("detach", OnSwitch).Should().Contain("nothing of this name is attached");
        _daemon.Port("del", Name);
        Fail("del", Name).Should().Contain("there is no persistent port of this name");
        Fail("attach", "vale4:nobody0").Should().Contain("there is no such interface");
        _daemon.Port("list").Trim().Split('\n').Should().ContainSingle("there is nothing but the head of the table");
    }

    [Fact]
    public void Without_a_daemon_it_says_so() => DaemonProcess.Run("port", "list", "--device", "/nonexistent/netmap").Should().Be(
        (1, "netmapcuse port: /nonexistent/netmap is not served: start netmapcuse serve, or name another with --device\n"));

    [Theory]
    [InlineData("check-config", "--spin-us", "many")]
    [InlineData("check-config", "--device")]
    [InlineData("port", "add", "x", "--rings", "70000")]
    [InlineData("nonsense")]
    public void A_mistake_on_the_command_line_takes_a_line_or_two(params string[] arguments)
    {
        (int status, string output) = DaemonProcess.Run(arguments);
        status.Should().Be(1);
        output.Trim().Split('\n').Length.Should().BeLessThan(4, output);
        output.Should().NotContain("System.").And.NotContain("Usage:");
    }

    private static string Complete(string line) => DaemonProcess.Run($"[suggest:{line.Length}]", line).Output;

    private string Fail(params string[] arguments)
    {
        (int status, string output) = DaemonProcess.Run(["port", .. arguments, "--device", _daemon.DevicePath]);
        status.Should().Be(1, output);
        return output;
    }
}

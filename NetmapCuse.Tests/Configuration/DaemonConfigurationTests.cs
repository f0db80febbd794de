using FluentAssertions;
using NetmapCuse.Tests.Commands;
using Xunit;

namespace NetmapCuse.Tests.Configuration;

/// <summary>A daemon with a configuration file: what it serves, and what SIGHUP changes.</summary>
public sealed class DaemonConfigurationTests : IDisposable
{
    private const string Port = "nmcfg-p0";
    private const string Other = "nmcfg-p1";

    private readonly DaemonProcess _daemon = new();

    public void Dispose() => _daemon.Dispose();

    [Fact]
    public void Ports_of_the_configuration_are_there_at_start_and_follow_it()
    {
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
        Configure($"""
            [parameters]
            bridge_batch = 128
            priv_if_num = 3

            [[persistent]]
            name = "{Port}"
            switch = "vale5"
            tx-slots = 128
            """);
        _daemon.Serve("--config", _daemon.ConfigurationPath);
        _daemon.Port("list").Should().MatchRegex($@"vale5:{Port} +0 +0 +1/1 +128/1024 +\d+\n");
        Parameter("bridge_batch").Should().Be("128\n");

        Configure($"""
            spin-us = 5

            [parameters]
            bridge_batch = 64
            max_bridges = 3

            [[persistent]]
            name = "{Other}"
            switch = "vale6"
            """);
        _daemon.Signal("HUP");
        _daemon.AwaitLog($"Read {_daemon.ConfigurationPath} again");
        _daemon.Port("list").Should().Contain($"vale6:{Other} ").And.NotContain(Port);
        Directory.Exists($"/sys/class/net/{Port}").Should().BeFalse();
        Parameter("bridge_batch").Should().Be("64\n");
        _daemon.AwaitLog("spin-us needs a restart");
        _daemon.AwaitLog("max_bridges = 3 needs a restart");
        _daemon.AwaitLog("priv_if_num keeps its value 3 until a restart");

        Configure("[parameters]\nbuf_num = 1");
        _daemon.Signal("HUP");
        _daemon.AwaitLog($"Nothing is changed: {_daemon.ConfigurationPath}:4: buf_num = 1: give 4 to 1000000");
        Parameter("bridge_batch").Should().Be("64\n");
        _daemon.Port("list").Should().Contain(Other);
        _daemon.Signal("TERM");
        _daemon.AwaitEnd().Should().Be(0);
    }

    [Fact]
    public void A_mistake_keeps_it_from_starting_and_check_config_tells_the_same()
    {
        Configure("door = \"back\"");
        _daemon.Start("--config", _daemon.ConfigurationPath);
        _daemon.AwaitEnd().Should().Be(1);
        string message = $"{_daemon.ConfigurationPath}:2: door back: give auto, passthrough, pagecache or cuse";
        _daemon.AwaitLog(message);
        DaemonProcess.Run("check-config", "--config", _daemon.ConfigurationPath).Should().Be((1, message + "\n"));
        Configure("door = \"auto\"");
        DaemonProcess.Run("check-config", "--config", _daemon.ConfigurationPath).Should().Be((0, $"{_daemon.ConfigurationPath}: fine\n"));
        DaemonProcess.Run("check-config", "--config", "/nonexistent").Should().Match<(int Status, string Output)>(
            static run => run.Status == 1 && run.Output.StartsWith("/nonexistent cannot be read: "));
    }

    [Fact]
    public void An_interface_that_is_missing_keeps_nothing_else_from_working()
    {
        Configure("[[attach]]\ninterface = \"nmcfg-none\"\nswitch = \"vale0\"");
        _daemon.Serve("--config", _daemon.ConfigurationPath);
        _daemon.AwaitLog("conf:3: vale0:nmcfg-none: there is no such interface");
        _daemon.Port("list").Should().NotContain("nmcfg-none");
    }

    private string Parameter(string name) => File.ReadAllText(Path.Combine(_daemon.ParameterDirectory, name));

    /// <summary>The text, behind the line that names the device: lines count from 2.</summary>
    private void Configure(string text)
    {
        string[] top = [.. text.Split('\n').TakeWhile(static line => !line.StartsWith('['))];
        string rest = string.Join('\n', text.Split('\n').Skip(top.Length));
        _daemon.Configure($"""
            run-dir = "{_daemon.Folder}/run"
            {string.Join('\n', top)}
            {rest}

            [[device]]
            path = "@DEVICE@"

            """);
    }
}

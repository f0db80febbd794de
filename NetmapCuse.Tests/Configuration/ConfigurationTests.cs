using FluentAssertions;
using NetmapCuse.Configuration;
using NetmapCuse.Core.Transport;
using Xunit;

namespace NetmapCuse.Tests.Configuration;

/// <summary>What configuration and command line say together, and what is told of mistakes.</summary>
public sealed class ConfigurationTests
{
    private const string Example = """
        transport = "fuse"
        spin-us = 10
        mode = "0660"
        shared-switches = ["vale7",
            "lab*"]

        [parameters]
        bridge_batch = 256

        [[device]]
        path = "/dev/netmap"
        group = "7"

        [device.parameters]
        bridge_batch = 512
        buf_num = 0x1000

        [[device]]
        path = "/dev/netmap-b"
        mode = "0600"
        door = "pagecache"
        arena-size = "4G"

        [device.interfaces]
        "*" = "none"
        1000 = ["eth1", "veth*"]

        [[persistent]]
        name = "vp0"
        switch = "vale0"
        tx-rings = 2

        [[attach]]
        interface = "eth1"
        switch = "vale1"
        host = true
        device = "/dev/netmap-b"
        """;

    [Fact]
    public void A_configuration_says_what_is_served()
    {
        ServeSettings settings = Join(Example);
        settings.ParseTransport().Should().Be(TransportKind.Fuse);
        settings.ParseSpin().Should().Be(10);
        settings.SharedSwitches.Select(static name => name.Text).Should().Equal("vale7", "lab*");
        settings.Devices.Should().HaveCount(2);

        DeviceSettings first = settings.Devices[0];
        first.ParseMode().Should().Be(0b110_110_000);
        Accounts.GroupId(first.Group).Should().Be(7);
        first.ParseDoor().Should().Be(Door.Auto);
        first.Parameters.Select(static parameter => $"{parameter.Name}={parameter.Value}")
            .Should().Equal("bridge_batch=256", "bridge_batch=512", "buf_num=4096");
        settings.PortsOf(first).Should().ContainSingle().Which.Should().Match<PortSettings>(
            static port => port.SwitchPort == "vale0:vp0" && port.IsPersistent && port.TxRings == 2 && port.RxRings == 0);

        DeviceSettings second = settings.Devices[1];
        second.ParseMode().Should().Be(0b110_000_000);
        second.ParseDoor().Should().Be(Door.PageCache);
        second.ParseArenaBytes().Should().Be(4UL << 30);
        second.Parameters.Should().ContainSingle();
        settings.PortsOf(second).Should().ContainSingle().Which.Should().Match<PortSettings>(
            static port => port.SwitchPort == "vale1:eth1" && !port.IsPersistent && port.WithHost);
    }

    [Fact]
    public void The_command_line_counts_more()
    {
        ServeSettings settings = Join(Example, new CommandLineSettings
        {
            Devices = ["/dev/../dev/netmap-b", "/dev/netmap-c"],
            Mode = "0666",
            Parameters = ["bridge_batch=1"],
            SharedSwitches = ["vale3"],
        });
        settings.SharedSwitches.Should().ContainSingle().Which.Text.Should().Be("vale3");
        settings.Devices.Should().OnlyContain(static device => device.Mode.Text == "0666");
        settings.Devices[0].Door.Text.Should().Be("pagecache", "the file knows this device");
        settings.Devices[1].Door.Text.Should().Be("auto");
        settings.Devices[1].Parameters.Select(static parameter => parameter.Value).Should().Equal("256", "1");
        settings.PortsOf(settings.Devices[1]).Should().BeEmpty();
    }

    [Fact]
    public void Nothing_given_means_the_defaults()
    {
        ServeSettings settings = Join("");
        settings.Devices.Should().ContainSingle().Which.Path.Text.Should().Be("/dev/netmap");
        settings.Devices[0].ParseArenaBytes().Should().Be(16UL << 30);
        settings.Devices[0].Interfaces.Allow(1234, "eth0").Should().BeTrue();
        settings.ParseSpin().Should().Be(60);
        settings.RunDirectory.Should().Be("/run/netmapcuse");
    }

    [Fact]
    public void Interfaces_are_for_the_users_that_are_named()
    {
        InterfaceRules rules = Join(Example).Devices[1].Interfaces;
        rules.Allow(0, "eth0").Should().BeTrue("root may");
        rules.Allow(1000, "eth1").Should().BeTrue();
        rules.Allow(1000, "veth7").Should().BeTrue();
        rules.Allow(1000, "eth10").Should().BeFalse();
        rules.Allow(1001, "eth1").Should().BeFalse();
        Join("[interfaces]\n\"*\" = \"all\"\n1000 = \"none\"").Devices[0].Interfaces.Allow(1001, "eth1").Should().BeTrue();
        Join("[interfaces]\n\"*\" = \"all\"\n1000 = \"none\"").Devices[0].Interfaces.Allow(1000, "eth1").Should().BeFalse();
        Join("[interfaces]").Devices[0].Interfaces.Allow(1001, "eth1").Should().BeFalse("an empty table names nobody");
    }

    [Theory]
    [InlineData("a = 1\n", "f.conf:1: a: there is no such key here; there are door,")]
    [InlineData("\n\nspin-us = \"3\"", "f.conf:3: spin-us: give a number")]
    [InlineData("mode = 660", "f.conf:1: mode: give a text in quotes")]
    [InlineData("verbose = 1", "f.conf:1: verbose: give true or false")]
    [InlineData("shared-switches = \"vale0\"", "f.conf:1: shared-switches: give a list")]
    [InlineData("[nothing]", "f.conf:1: there is no table nothing; there are device,")]
    [InlineData("[[parameters]]", "f.conf:1: write [parameters]")]
    [InlineData("verbose = true\nverbose = false", "f.conf:2: ")]
    [InlineData("verbose = maybe", "f.conf:1: ")]
    [InlineData("[[device]]\nmode = \"0600\"", "f.conf:1: [[device]] needs a path")]
    [InlineData("[[attach]]\ninterface = \"eth0\"", "f.conf:1: [[attach]] needs a switch")]
    [InlineData("[[attach]]\ninterface = \"eth0\"\nswitch = \"br0\"", "f.conf:3: switch br0: give the name of a switch")]
    [InlineData("[[persistent]]\nname = \"vale0:x\"", "f.conf:2: name vale0:x: give the name of an interface")]
    [InlineData("[interfaces]\nnobodyatall = \"all\"", "nobodyatall: /etc/passwd has no such user")]
    [InlineData("[interfaces]\n\"*\" = \"some\"", "f.conf:2: * some: give \"none\", \"all\" or a list")]
    [InlineData("[parameters]\nbuf_num = 1", "f.conf:2: buf_num = 1: give 4 to 1000000")]
    [InlineData("[parameters]\nbuf_size = 1", "f.conf:2: buf_size = 1: give 64 to 65536")]
    [InlineData("[parameters]\nring_size = 1", "f.conf:2: ring_size = 1: give 256 to 131072")]
    [InlineData("[parameters]\nring_size = 2000000000", "f.conf:2: ring_size = 2000000000: give 256 to 131072")]
    [InlineData("[parameters]\nbuf_num = 1000000\nbuf_size = 65536", "f.conf:3: buf_size = 65536: a region would take")]
    [InlineData("[parameters]\nring_size = 131008", "f.conf:2: ring_size = 131008: no whole number")]
    [InlineData("[parameters]\nnothing = 1", "f.conf:2: nothing = 1: there is no such parameter")]
    [InlineData("[parameters]\nmax_bridges = 0", "f.conf:2: max_bridges = 0: give a number within the range")]
    [InlineData("mode = \"0999\"", "f.conf:1: mode 0999: give octal")]
    [InlineData("arena-size = \"1M\"", "f.conf:1: arena-size 1M: give 512M to 1T")]
    [InlineData("transport = \"pigeon\"", "f.conf:1: transport pigeon: give auto, uring or fuse")]
    [InlineData("door = \"back\"", "f.conf:1: door back: give auto, passthrough, pagecache or cuse")]
    [InlineData("spin-us = 1001", "f.conf:1: spin-us 1001: give 0 to 1000")]
    [InlineData("[[device]]\npath = \"/dev/a\"\n[[device]]\npath = \"/dev/./a\"", "f.conf:4: path /dev/./a: this device is given twice")]
    public void A_mistake_is_told_with_its_line_and_what_to_give(string text, string message) =>
        FluentActions.Invoking(() => SettingsCheck.Require(Join(text))).Should().Throw<SettingException>().Which.Message.Should().Contain(message);

    [Theory]
    [InlineData("buf_num=1", "--set buf_num=1: give 4 to 1000000")]
    [InlineData("bridge_batch", "--set bridge_batch: give NAME=NUMBER")]
    [InlineData("priv_ring_size=1", "--set priv_ring_size=1: give 256")]
    public void So_is_one_of_the_command_line(string parameter, string message) =>
        FluentActions.Invoking(() => SettingsCheck.Require(Join("", new CommandLineSettings { Parameters = [parameter] })))
            .Should().Throw<SettingException>().Which.Message.Should().Contain(message);

    private static ServeSettings Join(string text, CommandLineSettings? line = null) =>
        new SettingsReader(line ?? new CommandLineSettings(), ConfigurationFile.Parse(text, "f.conf")).Join();
}

using FluentAssertions;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>Persistent ports, attachments, headers and polling by the program nm-ctl, with requests of both kinds.</summary>
public sealed class NmCtlTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string New = "";
    private const string Old = "-L";
    private const string Name = "nmtest-c0";
    private const string OnSwitch = "valeQ:" + Name;
    private const string Nic = "valeQ:nmnic0";

    private readonly MemoryAdapters _interfaces = device.Interfaces;

    [Theory]
    [InlineData(New)]
    [InlineData(Old)]
    public void A_persistent_port_from_creation_to_deletion(string kind)
    {
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
        Succeed(kind, "-C", "256,512,2,1", "-n", Name).Should().Contain("slots 256/512 rings 2/1 memory ");
        Directory.Exists($"/sys/class/net/{Name}").Should().BeTrue();
        Fail(kind, "-n", Name).Should().Contain("EEXIST");

        Succeed(kind, "-a", OnSwitch);
        Succeed(kind).Should().Be($"{OnSwitch}: switch 0 port 0\n");
        Succeed(kind, "-l").Should().Be($"{OnSwitch}: switch 0 port 0\n");
        Succeed(kind, "-l", OnSwitch).Should().Be($"{OnSwitch}: switch 0 port 0\n");
        Succeed(kind, "-g", OnSwitch).Should().Contain("slots 256/512 rings 2/1");
        Succeed(kind, "-g", Name).Should().Contain("slots 256/512 rings 2/1");
        Succeed(kind, "-v", OnSwitch + "=12").Should().EndWith("header 12\n");
        Succeed(kind, "-v", OnSwitch).Should().EndWith("header 12\n");
        Fail(kind, "-v", OnSwitch + "=11").Should().Contain("EINVAL");
        Fail(kind, "-r", Name).Should().Contain("EBUSY");

        Succeed(kind, "-d", OnSwitch);
        Succeed(kind).Should().BeEmpty();
        Succeed(kind, "-r", Name);
        Directory.Exists($"/sys/class/net/{Name}").Should().BeFalse();
        Fail(kind, "-r", Name).Should().Contain("ENXIO");
    }

    [Theory]
    [InlineData(New)]
    [InlineData(Old)]
    public void An_interface_with_its_host_rings_and_polling(string kind)
    {
        _interfaces.Add("nmnic0");
        Fail(kind, "-a", "valeQ:nobody").Should().Contain("EINVAL");
        Fail(kind, "-d", Nic).Should().Contain("ENXIO");
        Succeed(kind, "-h", Nic);
        Succeed(kind).Should().Be($"{Nic}: switch 0 port 0\n{Nic}^: switch 0 port 1\n");

        Fail(kind, "-c", "0,9", "-p", Nic).Should().Contain("EINVAL");
        if (Environment.ProcessorCount > 1)
        {
            Succeed(kind, "-c", "0", "-p", Nic);
            Fail(kind, "-p", Nic).Should().Contain("EFAULT");
            Fail(kind, "-d", Nic).Should().Contain("EBUSY");
            Succeed(kind, "-P", Nic);
        }

        Succeed(kind, "-d", Nic);
        Succeed(kind).Should().BeEmpty();
    }

    [Theory]
    [InlineData("-Z")]
    [InlineData("stray")]
    [InlineData("-C", "1,2,3,4,5")]
    [InlineData("-m", "65536")]
    public void Wrong_options_are_told_apart_from_failures(params string[] arguments) =>
        Run(New, arguments).ExitCode.Should().Be(2);

    private string Succeed(string kind, params string[] arguments)
    {
        (int exitCode, string output) = Run(kind, arguments);
        exitCode.Should().Be(0, output);
        return output;
    }

    private string Fail(string kind, params string[] arguments)
    {
        (int exitCode, string output) = Run(kind, arguments);
        exitCode.Should().Be(1, output);
        return output;
    }

    private (int ExitCode, string Output) Run(string kind, string[] arguments) =>
        Samples.Run("nm-ctl", kind.Length == 0 ? ["-D", Device.Path, .. arguments] : ["-D", Device.Path, kind, .. arguments]);
}

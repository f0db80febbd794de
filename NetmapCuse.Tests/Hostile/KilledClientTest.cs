using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Clients;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>What tests of killed programs share: programs that hold a state, and what there was before them.</summary>
public abstract class KilledClientTest(HostFixture device) : DeviceTest(device)
{
    private protected const string Vale = "vale9:k";
    private protected const string NicName = "nmnic0";
    private protected const string Nic = "netmap:" + NicName;
    private protected const string AttachedNic = "vale9:" + NicName;
    private protected const string Persistent = "nmtestk0";
    private protected const string AttachedPersistent = "vale9:" + Persistent;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly HostFixture _host = device;

    private protected HostFixture Host => _host;

    /// <summary>What is made once for the life of a device, or of this process, is made now.</summary>
    private protected DeviceRemains Prepare()
    {
        if (_host.Interfaces.IndexOf("nmnic0", CallerPlace.Own) == 0)
        {
            _host.Interfaces.Add("nmnic0");
        }

        Kill(Hold("bound", Vale));
        Kill(Hold("loop-events", Vale));
        WaitForFiles(0);
        if (File.Exists("/dev/net/tun"))
        {
            using NetmapClient client = Device.Open();
            client.NewInterface(Persistent).Should().Be(0);
            client.DeleteInterface(Persistent).Should().Be(0);
        }

        WaitForFiles(0);
        DeviceBooks.AssertIdle(Device.Device);
        return Look();
    }

    /// <summary>A port that ended took its adapter with it: the machine gets a new one first.</summary>
    private DeviceRemains Look()
    {
        _host.Interfaces["nmnic0"].IsOpen.Should().BeFalse();
        return DeviceRemains.Look(Device.Device);
    }

    private protected Process Hold(string state, string port)
    {
        ProcessStartInfo start = new(Samples.Program("tests/hold"), [state, port])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NETMAP_DEVICE"] = Device.Path;
        Process process = Process.Start(start)!;
        string? said = process.StandardOutput.ReadLine();
        if (said != "ready")
        {
            process.Kill();
            process.WaitForExit();
            throw new InvalidOperationException($"{state} {port}: {said} {process.StandardError.ReadToEnd()}");
        }

        return process;
    }

    private protected static void Kill(Process process)
    {
        using (process)
        {
            process.HasExited.Should().BeFalse("it has to die in its state");
            process.Kill();
            process.WaitForExit(s_patience).Should().BeTrue("a killed program must not hang in a call");
        }
    }

    private protected void ShouldReturnTo(DeviceRemains before)
    {
        WaitForFiles(0);
        SpinWait.SpinUntil(() => Look() == before, s_patience);
        Look().Should().Be(before);
    }

    private protected void WaitForFiles(int count) =>
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == count, s_patience).Should().BeTrue();

    private protected static void RequireTaps() => Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
}

using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>
/// A program that scribbles over the region in which stations of switches have their rings: an attached interface, and a persistent
/// port that joins two switches. Frames may be lost or spoilt; the daemon, its books and other switches are not.
/// </summary>
[Collection(MountTests.Name)]
public sealed class HostileStationTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string Nic = "nmhost0";
    private const string Persistent = "nmhost-p0";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("rings")]
    [InlineData("all")]
    public void Stations_in_the_region_of_a_program_that_scribbles(string mode)
    {
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
        MemoryAdapters interfaces = ((HostFixture)Device).Interfaces;
        interfaces.Add(Nic);
        NetmapClient client = Open();
        client.NewInterface(Persistent).Should().Be(0);
        client.Attach("vale5:" + Persistent).Should().Be(0);
        using Process hostile = Samples.Start(
            "tests/hostile", "-d", Device.Path, "-i", "vale5:h", "-m", mode, "-t", "3", "-s", "3");
        NmreqRegister there = new() { Mode = RegisterMode.AllNic };
        SpinWait.SpinUntil(() => (there.MemoryId = RegionOf("vale5:h")) != 0, s_patience).Should().BeTrue();
        client.Attach("vale7:" + Persistent, there, out _).Should().Be(0);
        there.Mode = RegisterMode.NicAndHost;
        client.Attach("vale7:" + Nic, there, out _).Should().Be(0);
        MemoryAdapter nic = interfaces[Nic];
        RegionOf(Nic).Should().Be(there.MemoryId);

        NetmapClient a = Open().Register("vale6:a");
        NetmapClient b = Open().Register("vale6:b");
        NetmapClient sender = Open().Register("vale7:a");
        for (int round = 0; !hostile.HasExited; round++)
        {
            byte[] frame = Frames.Make(Frames.Broadcast, 1, 60 + (round % 1400), round);
            sender.Send(frame, frame, frame);
            sender.Receive();
            nic.Arrive(frame);
            nic.Stack.Send(frame);
            nic.Sent.Clear();
            nic.Stack.Received.Clear();
            a.Send(frame);
            b.Receive().Should().ContainSingle().Which.AsSpan().SequenceEqual(frame).Should().BeTrue();
        }

        hostile.StandardError.ReadToEnd().Should().BeEmpty();
        hostile.ExitCode.Should().Be(0);
        client.Detach("vale7:" + Nic).Should().Be(0);
        client.Detach("vale7:" + Persistent).Should().Be(0);
        client.Detach("vale5:" + Persistent).Should().Be(0);
        client.DeleteInterface(Persistent).Should().Be(0);
        DeviceBooks.Audit(Device.Device);
    }

    /// <summary>The region that a port is in; 0 when there is no such port, or nobody has it open.</summary>
    private ushort RegionOf(string name) => Device.Device.Plane.Inspect(ports =>
        ports.Ports.FirstOrDefault(port => port.Name == name && port.Bindings != 0)?.Region.Id ?? 0);
}

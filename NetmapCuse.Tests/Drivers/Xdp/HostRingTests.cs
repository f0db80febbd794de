using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>A host whose whole traffic passes through nm-bridge, between netmap:a0 and netmap:a0^.</summary>
[Collection("real interfaces")]
public sealed class HostRingTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    [Fact]
    public void Ping_udp_and_tcp_of_all_sizes_pass_through_the_program()
    {
        using VethRig rig = new();
        using BridgeProgram bridge = new(device, rig);
        device.Status("a0").Should().Be("af_xdp native");
        foreach (int bytes in (int[])[0, 18, 56, 1400, 1472, 4000, 20000])
        {
            Traffic.Ping(rig.A, VethRig.AddressB, bytes, 5).Should().Be(5, "{0} bytes", bytes);
            Traffic.Ping(rig.B, VethRig.AddressA, bytes, 5).Should().Be(5, "{0} bytes", bytes);
        }

        foreach (int bytes in (int[])[1, 100, 1400, 1472, 5000])
        {
            Traffic.Datagrams(rig.A, rig.B, VethRig.AddressB, bytes, 20).Should().Be(20, "{0} bytes", bytes);
            Traffic.Datagrams(rig.B, rig.A, VethRig.AddressA, bytes, 20).Should().Be(20, "{0} bytes", bytes);
        }

        Traffic.Transfer(rig.A, rig.B, VethRig.AddressB, 32).Should().BeTrue();
        Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 32).Should().BeTrue();
        bridge.End().Should().BeGreaterThan(2000, "frames passed the program");
    }

    [Fact]
    public void Ip6_passes_through_the_program()
    {
        using VethRig rig = new();
        Assert.SkipUnless(File.Exists("/proc/net/if_inet6"), "the kernel has no IPv6");
        using BridgeProgram bridge = new(device, rig);
        Traffic.Datagrams(rig.A, rig.B, VethRig.Address6B, 1000, 20).Should().Be(20);
        Traffic.Datagrams(rig.B, rig.A, VethRig.Address6A, 1000, 20).Should().Be(20);
        Traffic.Transfer(rig.A, rig.B, VethRig.Address6B, 8).Should().BeTrue();
        Traffic.Transfer(rig.B, rig.A, VethRig.Address6A, 8).Should().BeTrue();
        bridge.End().Should().BeGreaterThan(500);
    }

    [Fact]
    public void Transparent_forwarding_needs_no_program_that_moves_packets()
    {
        using VethRig rig = new();
        NetmapClient client = rig.A.Run(Open);
        rig.A.Run(() => client.Register("a0", new NmreqRegister { Mode = RegisterMode.NicAndHost }));
        bool ends = false;
        Thread polling = new(() =>
        {
            while (!Volatile.Read(ref ends))
            {
                Forward(client);
            }
        });
        polling.Start();
        try
        {
            Traffic.Ping(rig.A, VethRig.AddressB, 1000, 5).Should().Be(5);
            Traffic.Ping(rig.B, VethRig.AddressA, 1000, 5).Should().Be(5);
            Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 4).Should().BeTrue();
        }
        finally
        {
            Volatile.Write(ref ends, true);
            polling.Join();
        }
    }

    [Fact]
    public void On_a_switch_the_interface_and_its_host_reach_each_other()
    {
        using VethRig rig = new();
        NetmapClient client = Open();
        rig.A.Run(() => client.Attach("vale9:a0", RegisterMode.NicAndHost)).Should().Be(0);
        Traffic.Ping(rig.B, VethRig.AddressA, 1400, 5).Should().Be(5);
        Traffic.Ping(rig.A, VethRig.AddressB, 4000, 5).Should().Be(5);
        Traffic.Transfer(rig.A, rig.B, VethRig.AddressB, 16).Should().BeTrue();
        Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 16).Should().BeTrue();
        rig.A.Run(() => client.Detach("vale9:a0")).Should().Be(0);
        rig.LinksOfA().Should().NotContain("nmtap").And.NotContain("xdp");
        Traffic.Ping(rig.B, VethRig.AddressA, 1400, 5).Should().Be(5);
    }

    [Fact]
    public void On_a_switch_without_its_host_the_interface_reaches_programs_only()
    {
        using VethRig rig = new();
        NetmapClient client = Open();
        NetmapClient station = rig.A.Run(() => Open().Register("vale9:station"));
        rig.A.Run(() => client.Attach("vale9:a0")).Should().Be(0);
        byte[] hello = Frames.Make(Frames.Broadcast, 77);
        SendRaw(rig, hello);
        bool arrived = SpinWait.SpinUntil(() => station.RxSync() == 0 && station.Receive().Any(hello.SequenceEqual), 5000);
        arrived.Should().BeTrue();
        Traffic.Ping(rig.B, VethRig.AddressA, 100, 1).Should().Be(0, "the host is not on the switch");
        rig.A.Run(() => client.Detach("vale9:a0")).Should().Be(0);
    }

    [Fact]
    public void A_program_on_the_switch_of_an_interface_is_pinged_from_outside()
    {
        const string Address = "10.91.0.77";
        using VethRig rig = new();
        NetmapClient client = Open();
        rig.A.Run(() => client.Attach("vale9:a0", RegisterMode.NicAndHost)).Should().Be(0);
        using Process host = rig.StartInA("nm-host", "-d", device.Path, "-t", "120", "vale9:program", Address);
        SpinWait.SpinUntil(() => rig.A.Run(client.List).Contains("vale9:program"), TimeSpan.FromSeconds(20)).Should().BeTrue();
        foreach (int bytes in (int[])[0, 56, 1472])
        {
            Traffic.Ping(rig.B, Address, bytes, 5).Should().Be(5, "from outside, {0} bytes", bytes);
            Traffic.Ping(rig.A, Address, bytes, 5).Should().Be(5, "from the host on the switch, {0} bytes", bytes);
        }

        Traffic.Ping(rig.B, VethRig.AddressA, 1400, 5).Should().Be(5, "and the host as before");
        host.Kill();
        host.WaitForExit();
        rig.A.Run(() => client.Detach("vale9:a0")).Should().Be(0);
    }

    private static void SendRaw(VethRig rig, byte[] frame) => RawLink.Send(rig.B, "b0", frame);

    private static unsafe void Forward(NetmapClient client)
    {
        foreach (ClientRing? ring in client.RxRings)
        {
            if (ring is null)
            {
                continue;
            }

            ring.Shared->Flags = RingFlags.Forward;
            while (ring.Ready != 0)
            {
                ring.Slot(ring.Head).Flags |= SlotFlags.Forward;
                ring.Advance(1);
            }
        }

        _ = client.Poll(1, 20);
    }
}

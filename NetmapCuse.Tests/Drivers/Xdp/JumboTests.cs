using FluentAssertions;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>MTU 9000: frames over several slots, between the NIC's rings and the host's.</summary>
[Collection("real interfaces")]
public sealed class JumboTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    [Fact]
    public void Traffic_passes_through_the_program_and_the_links_are_as_before_afterwards()
    {
        using VethRig rig = new(mtu: 9000);
        SpinWait.SpinUntil(() => Links(rig).Split("state UP").Length == 3, TimeSpan.FromSeconds(20)).Should().BeTrue();
        string before = Links(rig);
        using (BridgeProgram bridge = new(device, rig))
        {
            rig.LinksOfA().Should().MatchRegex("nmtap.*mtu 9000");
            foreach (int bytes in (int[])[56, 2006, 2030, 4000, 8972, 8973, 30000])
            {
                Traffic.Ping(rig.A, VethRig.AddressB, bytes, 2).Should().Be(2, "{0} bytes", bytes);
                Traffic.Ping(rig.B, VethRig.AddressA, bytes, 2).Should().Be(2, "{0} bytes", bytes);
            }

            Traffic.Datagrams(rig.A, rig.B, VethRig.AddressB, 8972, 10).Should().Be(10);
            Traffic.Datagrams(rig.B, rig.A, VethRig.AddressA, 8972, 10).Should().Be(10);
            Traffic.Transfer(rig.A, rig.B, VethRig.AddressB, 32).Should().BeTrue();
            Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 32).Should().BeTrue();
            bridge.End().Should().BeGreaterThan(2000, "frames passed the program");
        }

        SpinWait.SpinUntil(() => device.Device.OpenFiles == 0, TimeSpan.FromSeconds(20)).Should().BeTrue();
        Links(rig).Should().Be(before);
        Traffic.Transfer(rig.A, rig.B, VethRig.AddressB, 4).Should().BeTrue();
    }

    /// <summary>Flags, MTU, sizes for offloads, programs.</summary>
    private static string Links(VethRig rig) => rig.LinksOfA() + rig.LinksOfB();
}

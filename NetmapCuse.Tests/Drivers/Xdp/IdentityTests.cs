using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>An interface is its index in its namespace: names go from one to another while programs run.</summary>
[Collection("real interfaces")]
public sealed class IdentityTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    [Fact]
    public void A_renamed_interface_is_found_by_its_new_name_and_the_old_one_is_free_for_another()
    {
        using VethRig rig = new();
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        Rename(rig, "a0", "ax");
        rig.A.Run(() => Open().TryRegister("a0")).Should().Be(Errno.NxIo, "no interface is called so now");

        NetmapClient again = rig.A.Run(() => Open().Register("ax"));
        again.RingOffsets()[0].Should().NotBe(0);
        RingPlace(again).Should().Be(RingPlace(a), "it is the same port");
        rig.A.Run(() => Open().TryRegister("ax", new NmreqRegister { Flags = RegisterFlags.Exclusive })).Should().Be(Errno.Busy);
        rig.A.Run(() => Open().TryRegister("ax", new NmreqRegister { Flags = RegisterFlags.MonitorRx })).Should().Be(Errno.Ok);
        NetmapClient control = Open();
        rig.A.Run(() => control.Attach("vale7:ax")).Should().Be(Errno.Busy, "programs have it open");

        rig.InA("link", "add", "a0", "type", "veth", "peer", "name", "ay");
        rig.InA("link", "set", "a0", "up");
        rig.InA("link", "set", "ay", "up");
        NetmapClient other = rig.A.Run(() => Open().Register("a0"));
        NetmapClient peer = rig.A.Run(() => Open().Register("ay"));
        RingPlace(other).Should().NotBe(RingPlace(a));
        byte[] frame = Frames.Make(Frames.Broadcast, 5, 300);
        other.Send(frame);
        JoinedFrames.Receive(peer, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(frame);
        b.Receive().Should().NotContain(one => one.SequenceEqual(frame));

        byte[] second = Frames.Make(Frames.Broadcast, 6, 300);
        a.Send(second);
        JoinedFrames.Receive(b, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(second);
        string interfaces = device.Device.Parameters.Files.Single(file => file.Name == "interfaces").Read();
        interfaces.Should().Contain("ax: af_").And.Contain("a0: af_");
    }

    [Fact]
    public void An_interface_in_another_namespace_is_another_port_and_its_host_has_it_back()
    {
        using VethRig rig = new();
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        rig.InA("link", "set", "a0", "netns", rig.NameOfB);
        SpinWait.SpinUntil(() => a.RxSync() == Errno.Io, 20000).Should().BeTrue("its rings end");
        rig.A.Run(() => Open().TryRegister("a0")).Should().Be(Errno.NxIo);
        SpinWait.SpinUntil(() => !rig.LinksOfB().Contains("xdp", StringComparison.Ordinal), 20000).Should().BeTrue("no program stays behind");
        rig.InB("addr", "add", "10.93.0.1/24", "dev", "a0");
        rig.InB("link", "set", "a0", "up");
        NetmapClient moved = rig.B.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        byte[] frame = Frames.Make(Frames.Broadcast, 5, 300);
        moved.Send(frame);
        JoinedFrames.Receive(b, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(frame);
    }

    private static ulong RingPlace(NetmapClient client) => client.Reg.Offset + (ulong)client.RingOffsets()[0];

    /// <summary>As udev does it.</summary>
    private static void Rename(VethRig rig, string name, string other)
    {
        rig.InA("link", "set", name, "down");
        rig.InA("link", "set", name, "name", other);
        rig.InA("link", "set", other, "up");
    }
}

using System.Buffers.Binary;
using System.Text;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Control;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Drivers.Xdp;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>The ioctls of network devices on a descriptor of the device (netmap(4), IOCTLS).</summary>
[Collection("real interfaces")]
public sealed class InterfaceIoctlTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    private const int Name = 16;

    [Fact]
    public void They_tell_of_the_interface_that_the_descriptor_is_bound_to()
    {
        using VethRig rig = new(mtu: 1400);
        NetmapClient client = rig.A.Run(() => Open().Register("a0"));
        int index = rig.A.Run(() => int.Parse(
            VethRig.Output("ip", ["-o", "link", "show", "a0"]).Split(':')[0], System.Globalization.CultureInfo.InvariantCulture));
        byte[] request = new byte[InterfaceIoctl.RequestBytes];

        Ask(rig, client, InterfaceIoctl.GetMtu, request).Should().Be(0);
        BinaryPrimitives.ReadInt32LittleEndian(request.AsSpan(Name)).Should().Be(1400);
        Encoding.ASCII.GetString(request, 0, 3).Should().Be("a0\0");

        Ask(rig, client, InterfaceIoctl.GetIndex, request).Should().Be(0);
        BinaryPrimitives.ReadInt32LittleEndian(request.AsSpan(Name)).Should().Be(index);

        Ask(rig, client, InterfaceIoctl.GetHardwareAddress, request).Should().Be(0);
        rig.LinksOfA().Should().Contain(Convert.ToHexString(request, Name + 2, 6).Chunk(2)
            .Select(static pair => new string(pair)).Aggregate(static (a, b) => a + ":" + b).ToLowerInvariant());

        Ask(rig, client, InterfaceIoctl.GetAddress, request).Should().Be(0);
        string.Join('.', request[(Name + 4)..(Name + 8)]).Should().Be(VethRig.AddressA);
    }

    [Fact]
    public void Who_may_changes_the_flags_and_others_do_not()
    {
        const ushort Up = 1;
        const ulong NetAdmin = 1UL << 12;
        using VethRig rig = new();
        NetmapClient client = rig.A.Run(() => Open().Register("a0"));
        byte[] request = new byte[InterfaceIoctl.RequestBytes];
        Ask(rig, client, InterfaceIoctl.GetFlags, request).Should().Be(0);
        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(request.AsSpan(Name));
        (flags & Up).Should().Be(Up);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(Name), (ushort)(flags & ~Up));
        Ask(rig, client, InterfaceIoctl.SetFlags, request).Should().Be(0);
        Ask(rig, client, InterfaceIoctl.GetFlags, request).Should().Be(0);
        (BinaryPrimitives.ReadUInt16LittleEndian(request.AsSpan(Name)) & Up).Should().Be(0);

        string own = new FileInfo("/proc/self/ns/user").LinkTarget!;
        ClientRights rights = new((1, 1, 1), (1, 1, 1), 0, own, "pid:[1]");
        InterfaceIoctl.MayChange(null).Should().BeFalse("what cannot be told is no right");
        InterfaceIoctl.MayChange(rights).Should().BeFalse();
        InterfaceIoctl.MayChange(rights with { Capabilities = NetAdmin }).Should().BeTrue();
        InterfaceIoctl.MayChange(rights with { Capabilities = NetAdmin, UserNamespace = "user:[1]" }).Should().BeFalse();
    }

    [Fact]
    public unsafe void Ethtool_tells_the_driver_and_changes_nothing()
    {
        const uint GetDriver = 3;
        const uint SetCoalescing = 0xf;
        using VethRig rig = new();
        NetmapClient client = rig.A.Run(() => Open().Register("a0"));
        byte[] request = new byte[InterfaceIoctl.RequestBytes];
        byte[] data = new byte[196];
        fixed (byte* start = data)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(request.AsSpan(Name), (ulong)start);
            BinaryPrimitives.WriteUInt32LittleEndian(data, GetDriver);
            Ask(rig, client, InterfaceIoctl.Ethtool, request).Should().Be(0);
            Encoding.ASCII.GetString(data, 4, 5).Should().Be("veth\0");
            BinaryPrimitives.WriteUInt32LittleEndian(data, SetCoalescing);
            Ask(rig, client, InterfaceIoctl.Ethtool, request).Should().Be(Errno.OpNotSupp);
        }
    }

    [Fact]
    public void Other_names_other_ports_and_other_namespaces_are_errors()
    {
        using VethRig rig = new();
        byte[] request = new byte[InterfaceIoctl.RequestBytes];
        Ask(rig, Open(), InterfaceIoctl.GetMtu, request).Should().Be(Errno.NxIo, "it is bound to nothing");
        Ask(rig, Open().Register("vale0:x"), InterfaceIoctl.GetMtu, request).Should().Be(Errno.OpNotSupp);
        NetmapClient client = rig.A.Run(() => Open().Register("a0"));
        Encoding.ASCII.GetBytes("lo", request);
        Ask(rig, client, InterfaceIoctl.GetMtu, request).Should().Be(Errno.NoDev);
        request.AsSpan().Clear();
        (-client.File.Ioctl(InterfaceIoctl.GetMtu, request)).Should().Be(Errno.NxIo, "the caller is in another namespace");
    }

    private static int Ask(VethRig rig, NetmapClient client, uint command, byte[] request) =>
        rig.A.Run(() => -client.File.Ioctl(command, request));
}

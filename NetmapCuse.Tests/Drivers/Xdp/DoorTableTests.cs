using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Tests.Device;
using Xunit;
using static NetmapCuse.Drivers.Interop.BpfCode;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>
/// One table for all doors and all kinds of interface: TCP both ways with the offloads that Linux turns on, frames as long as the
/// MTU, VLAN tags, host rings, a switch. README shows it.
/// </summary>
[Collection("real interfaces")]
public sealed class DoorTableTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    public static TheoryData<string, int, int> Table
    {
        get
        {
            TheoryData<string, int, int> rows = [];
            foreach (string kind in (string[])
                ["veth", "veth, unequal queues", "bridge", "macvlan", "ipvlan", "vlan", "bond", "team", "vxlan", "geneve"])
            {
                rows.Add(kind, 0, 1500);
            }

            rows.Add("veth", 0, 9000);
            rows.Add("veth", 2, 1500);
            rows.Add("veth", 2, 9000);
            rows.Add("bridge", 0, 9000);
            rows.Add("macvlan", 0, 9000);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void The_host_behind_a_program_is_as_without_it(string kind, int admode, int mtu)
    {
        using DoorRig rig = new(kind, mtu);
        WithAdmode(admode, () =>
        {
            using BridgeProgram bridge = new(device, rig.Veth, rig.Name);
            device.Status(rig.Name).Should().StartWith(Door(kind, admode));
            Exchange(rig);
            bridge.End().Should().BeGreaterThan(200, "frames passed the program");
        });
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void On_a_switch_it_is_the_same(string kind, int admode, int mtu)
    {
        using DoorRig rig = new(kind, mtu);
        WithAdmode(admode, () =>
        {
            NetmapClient client = Open();
            string station = "vale8:" + rig.Name;
            rig.Veth.A.Run(() => client.Attach(station, RegisterMode.NicAndHost)).Should().Be(0);
            Exchange(rig);
            rig.Veth.A.Run(() => client.Detach(station)).Should().Be(0);
        });
    }

    [Theory]
    [InlineData("veth", 0)]
    [InlineData("veth", 2)]
    [InlineData("veth, unequal queues", 0)]
    [InlineData("bridge", 0)]
    [InlineData("macvlan", 0)]
    public void Tags_beside_the_data_are_in_line(string kind, int admode)
    {
        using DoorRig rig = new(kind, 1500);
        WithAdmode(admode, () =>
        {
            NetmapClient client = rig.Veth.A.Run(() => Open().Register(rig.Name));
            byte[] frame = Frames.Make(Frames.Broadcast, 9, 100);
            using (Tagging(rig, 0x8100_0064))
            {
                RawLink.Send(rig.Veth.B, rig.PeerName, frame);
                JoinedFrames.Receive(client, 1, ours: 0x88b5, at: 16).Should().ContainSingle().Which
                    .Should().Equal([.. frame[..12], 0x81, 0x00, 0x00, 0x64, .. frame[12..]]);
            }

            using (Tagging(rig, 0x8100_0064, 0x88a8_0009))
            {
                RawLink.Send(rig.Veth.B, rig.PeerName, frame);
                JoinedFrames.Receive(client, 1, ours: 0x88b5, at: 20).Should().ContainSingle().Which
                    .Should().Equal([.. frame[..12], 0x88, 0xa8, 0x00, 0x09, 0x81, 0x00, 0x00, 0x64, .. frame[12..]]);
            }
        });
    }

    [Theory]
    [InlineData("veth", 0)]
    [InlineData("veth", 2)]
    [InlineData("bridge", 0)]
    public void Frames_of_several_slots_leave_whole_at_any_mtu(string kind, int admode)
    {
        using DoorRig rig = new(kind, 1500);
        WithAdmode(admode, () =>
        {
            NetmapClient client = rig.Veth.A.Run(() => Open().Register(rig.Name));
            NetmapClient peer = rig.Veth.B.Run(() => Open().Register(rig.PeerName));
            byte[] frame = Frames.Make(Frames.Broadcast, 9, 1400);
            int[][] cuts = [[1400], [10, 1390], [700, 700], [1399, 1], [.. Enumerable.Repeat(100, 14)]];
            foreach (int[] cut in cuts)
            {
                int start = 0;
                for (int i = 0; i < cut.Length; start += cut[i++])
                {
                    client.Tx.Put(frame.AsSpan(start, cut[i]), i + 1 < cut.Length ? SlotFlags.MoreFragments : SlotFlags.None);
                }
            }

            client.TxSync().Should().Be(0);
            List<byte[]> received = JoinedFrames.Receive(peer, cuts.Length, ours: 0x88b5);
            received.Should().HaveCount(cuts.Length).And.OnlyContain(one => one.SequenceEqual(frame));

            // More slots than the kernel joins: dropped, and counted as what it is.
            for (int i = 0; i < 30; i++)
            {
                client.Tx.Put(frame.AsSpan(0, 40), i < 29 ? SlotFlags.MoreFragments : SlotFlags.None);
            }

            client.Tx.Put(frame);
            SpinWait.SpinUntil(() => client.TxSync() == 0 && client.Tx.Ready == client.Tx.NumSlots - 1, 20000).Should().BeTrue();
            JoinedFrames.Receive(peer, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(frame);
            (ulong sent, ulong tooLong) = device.Device.Plane.Inspect(ports =>
            {
                var totals = ports.Ports.Single(port => port.Name == rig.Name).Totals();
                return (totals.Tx.Frames, totals.Tx.TooLong);
            });
            sent.Should().Be((ulong)cuts.Length + 1, "each frame counts once, however many slots it has");
            tooLong.Should().Be(1);
        });
    }

    [Fact]
    public void Frames_pass_between_a_tap_and_its_program()
    {
        using VethRig rig = new();
        TunDevice[] tap = rig.A.Run(() =>
        {
            string name = "tap0";
            return TunDevice.CreateQueues(ref name, 1);
        });
        try
        {
            rig.InA("link", "set", "tap0", "up");
            NetmapClient client = rig.A.Run(() => Open().Register("tap0"));
            device.Status("tap0").Should().StartWith("af_packet (the XDP of its driver");
            byte[] frame = [.. Frames.Make(Frames.Broadcast, 9, 1000)];
            Write(tap[0], frame);
            JoinedFrames.Receive(client, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(frame);
            client.Send(frame);
            byte[] room = new byte[4096];
            bool came = SpinWait.SpinUntil(() => tap[0].Read(room) == frame.Length && room.AsSpan(0, frame.Length).SequenceEqual(frame), 20000);
            came.Should().BeTrue();
        }
        finally
        {
            Array.ForEach(tap, static one => one.Dispose());
        }
    }

    [Theory]
    [InlineData("tun")]
    [InlineData("vti")]
    [InlineData("xfrm")]
    [InlineData("ipip")]
    [InlineData("gre")]
    public void Tunnels_without_ethernet_are_refused_with_a_reason(string kind)
    {
        using VethRig rig = new();
        string[] ends = ["local", VethRig.AddressA, "remote", VethRig.AddressB];
        string[] command = kind switch
        {
            "tun" => ["tuntap", "add", "t0", "mode", "tun"],
            "vti" => ["link", "add", "t0", "type", "vti", .. ends, "key", "5"],
            "xfrm" => ["link", "add", "t0", "type", "xfrm", "dev", "a0", "if_id", "5"],
            _ => ["link", "add", "t0", "type", kind, .. ends],
        };
        try
        {
            rig.InA(command);
        }
        catch (InvalidOperationException missing) when (missing.Message.Contains("Unknown device type", StringComparison.Ordinal))
        {
            Assert.Skip($"the kernel has no {kind}");
        }

        rig.A.Run(() => Open().TryRegister("t0")).Should().Be(Errno.OpNotSupp);
        RealDevice.Log.Should().Contain(line => line.StartsWith("\"t0\" carries no Ethernet frames", StringComparison.Ordinal));
    }

    /// <summary>The door that an interface has to get.</summary>
    private static string Door(string kind, int admode) =>
        admode == 2 ? "af_packet (admode asks for it)"
        : kind == "veth" && KernelTellsTags() ? "af_xdp native"
        : kind is "veth" or "bond" or "team" ? "af_"
        : "af_packet (";

    private static bool KernelTellsTags() => OperatingSystem.IsOSPlatformVersionAtLeast("linux", 6, 8);

    private static void Exchange(DoorRig rig)
    {
        const int Megabytes = 3;
        foreach (int bytes in (int[])[56, rig.PingMax, rig.PingMax + 1000])
        {
            Traffic.Ping(rig.Veth.A, rig.AddressB, bytes, 2).Should().Be(2, "{0} bytes", bytes);
            Traffic.Ping(rig.Veth.B, rig.AddressA, bytes, 2).Should().Be(2, "{0} bytes", bytes);
        }

        Traffic.Datagrams(rig.Veth.B, rig.Veth.A, rig.AddressA, 1000, 5).Should().Be(5);
        Stopwatch watch = Stopwatch.StartNew();
        Traffic.Transfer(rig.Veth.A, rig.Veth.B, rig.AddressB, Megabytes).Should().BeTrue();
        Traffic.Transfer(rig.Veth.B, rig.Veth.A, rig.AddressA, Megabytes).Should().BeTrue();
        watch.Elapsed.TotalSeconds.Should().BeLessThan(30, "nothing is lost on the way");
    }

    /// <summary>Tags whatever the peer sends, beside the data as a VLAN device does it; the last one is the outer one.</summary>
    private static Fd Tagging(DoorRig rig, params uint[] tags)
    {
        const int PushTag = 18;
        return rig.Veth.B.Run(() =>
        {
            using InterfaceControl control = new();
            ulong[] pushes =
            [
                .. tags.SelectMany(static tag => (ulong[])
                [
                    Copy(1, 6),
                    Set(2, (uint)System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((ushort)(tag >> 16))),
                    Set(3, tag & 0xffff),
                    Call(PushTag),
                ]),
            ];
            using Fd program = Bpf.Load(
                Bpf.ClassifierProgram, [Copy(6, 1), .. pushes, Set(0, uint.MaxValue), Exit], 0, 0, "tagging");
            return Bpf.Link(program, control.Index(rig.PeerName)!.Value, Bpf.AttachEgress, 0, "tagging");
        });
    }

    private static unsafe void Write(TunDevice tap, byte[] frame)
    {
        fixed (byte* start = frame)
        {
            tap.Write([], [new IoVector { Base = (ulong)start, Length = (ulong)frame.Length }]).Should().BeTrue();
        }
    }

    private void WithAdmode(int admode, Action action)
    {
        string value = admode.ToString(System.Globalization.CultureInfo.InvariantCulture);
        device.Device.Parameters.SetAtStart("admode", value).Should().Be(Errno.Ok);
        try
        {
            action();
        }
        finally
        {
            device.Device.Parameters.SetAtStart("admode", "0");
        }
    }
}

using System.Net.Sockets;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Tests.Device;
using Xunit;
using static NetmapCuse.Drivers.Interop.BpfCode;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Several host rings each way, bound together and one by one, on a real interface; and tags of VLANs there.</summary>
[Collection("real interfaces")]
public sealed class SeveralHostRingsTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    private const int Rings = 4;
    private const int OursHigh = 0x88;

    [Fact]
    public void What_the_host_sends_is_spread_over_the_rings_and_each_flow_stays_in_one()
    {
        const int Flows = 64;
        const int PerFlow = 5;
        using VethRig rig = new();
        NetmapClient client = OpenAll(rig);
        (client.Reg.HostRxRings, client.Reg.HostTxRings).Should().Be((Rings, 2));
        Resolve(rig);
        Socket[] sockets = [.. Enumerable.Range(0, Flows).Select(_ => rig.Udp(inA: true))];
        for (int i = 0; i < Flows * PerFlow; i++)
        {
            sockets[i % Flows].SendTo([(byte)(i % Flows), (byte)(i / Flows)], new System.Net.IPEndPoint(System.Net.IPAddress.Parse(VethRig.AddressB), 9));
        }

        List<(int Ring, byte Flow, byte Number)> seen = [];
        SpinWait.SpinUntil(
            () =>
            {
                client.RxSync();
                for (int ring = 0; ring < Rings; ring++)
                {
                    seen.AddRange(client.RxRings[1 + ring]!.TakeAll()
                        .Where(IsDatagram).Select(frame => (ring, frame[^2], frame[^1])));
                }

                return seen.Count >= Flows * PerFlow;
            },
            TimeSpan.FromSeconds(20));
        Array.ForEach(sockets, socket => socket.Dispose());
        seen.Should().HaveCount(Flows * PerFlow);
        foreach (IGrouping<byte, (int Ring, byte Flow, byte Number)> flow in seen.GroupBy(one => one.Flow))
        {
            flow.Select(one => one.Number).Should().BeInAscendingOrder();
            flow.Select(one => one.Ring).Distinct().Should().ContainSingle();
        }

        seen.Select(one => one.Ring).Distinct().Should().HaveCountGreaterThan(1);
    }

    [Fact]
    public void Rings_bound_one_by_one_have_what_is_theirs_and_all_reach_the_host()
    {
        using VethRig rig = new();
        NetmapClient nic = rig.A.Run(() => Open().Register("a0", new NmreqRegister { HostRxRings = Rings, HostTxRings = 2 }));
        NetmapClient[] clients = [.. Enumerable.Range(0, Rings).Select(i => rig.A.Run(
            () => Open().Register("a0", new NmreqRegister { Mode = RegisterMode.OneHost, RingId = (ushort)i })))];
        rig.A.Run(() => Open().TryRegister("a0", new NmreqRegister { Mode = RegisterMode.OneHost, RingId = Rings }))
            .Should().Be(Core.Abi.Linux.Errno.Inval);
        clients[1].RxRings.Count(ring => ring is not null).Should().Be(1);
        byte[][] frames = [.. Enumerable.Range(0, 40).Select(i => Frames.Make(Frames.Broadcast, i + 1, 100, i))];
        RawLink.Send(rig.A, "a0", frames);
        HashSet<string> seen = [];
        SpinWait.SpinUntil(
            () =>
            {
                for (int i = 0; i < Rings; i++)
                {
                    clients[i].RxSync();
                    seen.UnionWith(clients[i].RxRings[1 + i]!.TakeAll().Where(frame => frame[12] == OursHigh).Select(Convert.ToHexString));
                }

                return seen.Count >= frames.Length;
            },
            TimeSpan.FromSeconds(20));
        seen.Should().BeEquivalentTo(frames.Select(Convert.ToHexString));

        // The other way: from either host TX ring.
        using Listener listener = new(rig.A, "a0");
        for (int i = 0; i < 2; i++)
        {
            byte[] frame = Frames.Make(Frames.Broadcast, 7, 200, i);
            clients[i].TxRings[1 + i]!.Put(frame);
            clients[i].TxSync().Should().Be(0);
            listener.Await(frame).Should().BeTrue("host ring {0}", i);
        }

        nic.Dispose();
    }

    [Fact]
    public void A_tag_that_the_host_keeps_beside_the_frame_is_in_the_frame_and_back()
    {
        const int PushTag = 18;
        const uint TagProtocol = 0x0081;
        const uint Tag = 0x6005;
        using VethRig rig = new();
        using Fd link = rig.A.Run(() =>
        {
            using InterfaceControl control = new();
            using Fd program = Bpf.Load(
                Bpf.ClassifierProgram,
                [Set(2, TagProtocol), Set(3, Tag), Call(PushTag), Set(0, uint.MaxValue), Exit], 0, 0, "tagging");
            return Bpf.Link(program, control.Index("a0")!.Value, Bpf.AttachEgress, 0, "tagging");
        });
        NetmapClient client = OpenAll(rig);
        byte[] frame = Frames.Make(Frames.Broadcast, 9, 100);
        byte[] tagged = [.. frame[..12], 0x81, 0x00, 0x60, 0x05, .. frame[12..]];
        RawLink.Send(rig.A, "a0", frame);
        bool arrived = SpinWait.SpinUntil(
            () => client.RxSync() == 0 && client.RxRings.Skip(1).Any(ring => ring!.TakeAll().Any(tagged.SequenceEqual)),
            TimeSpan.FromSeconds(20));
        arrived.Should().BeTrue();

        using Listener listener = new(rig.A, "a0");
        client.TxRings[1]!.Put(tagged);
        client.TxSync().Should().Be(0);
        listener.Await(frame).Should().BeTrue("the stack takes the tag off and keeps it beside the frame");
    }

    private NetmapClient OpenAll(VethRig rig) => rig.A.Run(() => Open().Register(
        "a0", new NmreqRegister { Mode = RegisterMode.NicAndHost, HostRxRings = Rings, HostTxRings = 2 }));

    /// <summary>No ARP: nobody answers while frames go to the rings.</summary>
    private static void Resolve(VethRig rig) =>
        rig.InA("neigh", "replace", VethRig.AddressB, "lladdr", "02:00:00:00:00:b0", "dev", "a0");

    private static bool IsDatagram(byte[] frame) => frame.Length >= 44 && frame[12] == 8 && frame[13] == 0 && frame[23] == 17;
}

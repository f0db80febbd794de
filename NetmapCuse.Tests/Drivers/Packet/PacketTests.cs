using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Drivers.Xdp;
using Xunit;
using static NetmapCuse.Drivers.Interop.BpfCode;

namespace NetmapCuse.Tests.Drivers.Packet;

/// <summary>Interfaces that somebody else's XDP program is on already, so that AF_XDP cannot be had.</summary>
[Collection("real interfaces")]
public sealed class PacketTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    private const uint XdpPass = 2;

    [Theory]
    [InlineData(1514, 1500)]
    [InlineData(9014, 9000)]
    public void Frames_of_all_lengths_arrive_as_they_were_sent(int longest, int mtu)
    {
        using VethRig rig = new(mtu);
        using Fd inA = Occupy(rig.A, "a0"), inB = Occupy(rig.B, "b0");
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        List<byte[]> frames = [.. Enumerable.Range(0, 200)
            .Select(i => Frames.Make(Frames.Broadcast, 1, 60 + (i * 7919 % (longest - 59)), i))];
        List<byte[]> received = [];
        foreach (byte[][] batch in frames.Chunk(20))
        {
            Array.ForEach(batch, frame => JoinedFrames.Put(a.Tx, frame));
            a.TxSync().Should().Be(0);
            received.AddRange(JoinedFrames.Receive(b, batch.Length, ours: 0x88b5));
        }

        received.Should().HaveCount(frames.Count);
        received.Zip(frames).Should().OnlyContain(pair => pair.First.SequenceEqual(pair.Second));
    }

    [Fact]
    public void The_status_says_how_and_why_and_the_host_does_not_see_what_is_received()
    {
        using VethRig rig = new();
        using Fd inA = Occupy(rig.A, "a0");
        Traffic.Ping(rig.B, VethRig.AddressA, 100, 1).Should().Be(1);
        using (NetmapClient a = device.Open())
        {
            rig.A.Run(() => a.Register("a0"));
            device.Status("a0").Should().StartWith("af_packet (attaching the XDP program to a0");
            string interfaces = device.Device.Parameters.Files.Single(file => file.Name == "interfaces").Read();
            interfaces.Split('\n').Single(line => line.StartsWith("a0: ", StringComparison.Ordinal))
                .Should().StartWith("a0: af_packet (").And.EndWith("; rx 1 x 1024, tx 1 x 1024, host rx 1, host tx 1");
            RealDevice.Log.Should().Contain(line => line.Contains("\"a0\" goes by af_packet", StringComparison.Ordinal));
            device.Status("a0").Should().NotContain("host stack");
            using Socket socket = rig.Udp(inA: true);
            socket.Bind(new IPEndPoint(IPAddress.Parse(VethRig.AddressA), 0));
            socket.ReceiveTimeout = 300;
            using Socket sender = rig.Udp(inA: false);
            sender.SendTo([1, 2, 3], socket.LocalEndPoint!);
            FluentActions.Invoking(() => socket.Receive(new byte[9])).Should().Throw<SocketException>();
            JoinedFrames.Receive(a, 1, ours: 0x0800).Should().NotBeEmpty();
        }

        SpinWait.SpinUntil(() => device.Status("a0") == "not open", 20000).Should().BeTrue();
        Traffic.Ping(rig.B, VethRig.AddressA, 100, 1).Should().Be(1, "the interface is the host's again");
    }

    [Fact]
    public void Who_asks_for_native_adapters_gets_no_others()
    {
        using VethRig rig = new();
        using Fd inA = Occupy(rig.A, "a0");
        device.Device.Parameters.SetAtStart("admode", "1").Should().Be(Errno.Ok);
        try
        {
            rig.A.Run(() => Open().TryRegister("a0")).Should().Be(Errno.Busy);
        }
        finally
        {
            device.Device.Parameters.SetAtStart("admode", "0");
        }
    }

    [Fact]
    public void A_host_behind_the_program_reaches_others_with_offloads_on()
    {
        using VethRig rig = new();
        using Fd inA = Occupy(rig.A, "a0");
        using Process bridge = rig.StartInA("nm-bridge", "-d", device.Path, "-t", "60", "netmap:a0", "netmap:a0^");
        try
        {
            device.AwaitBindings("a0", 2);
            device.Status("a0").Should().StartWith("af_packet (");
            Traffic.Ping(rig.A, VethRig.AddressB, 1400, 3).Should().Be(3);
            Traffic.Ping(rig.B, VethRig.AddressA, 4000, 3).Should().Be(3);
            Traffic.Datagrams(rig.B, rig.A, VethRig.AddressA, 1400, 10).Should().Be(10);
            Traffic.Transfer(rig.A, rig.B, VethRig.AddressB, 4).Should().BeTrue();
            Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 4).Should().BeTrue();
        }
        finally
        {
            bridge.Kill();
            bridge.WaitForExit();
        }
    }

    [Fact]
    public void A_tag_beside_the_frame_is_in_the_frame()
    {
        const int PushTag = 18;
        using VethRig rig = new();
        using Fd inA = Occupy(rig.A, "a0");
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        using Fd link = rig.B.Run(() =>
        {
            using InterfaceControl control = new();
            using Fd program = Bpf.Load(
                Bpf.ClassifierProgram, [Set(2, 0x0081), Set(3, 0x6005), Call(PushTag), Set(0, uint.MaxValue), Exit], 0, 0, "tagging");
            return Bpf.Link(program, control.Index("b0")!.Value, Bpf.AttachEgress, 0, "tagging");
        });
        byte[] frame = Frames.Make(Frames.Broadcast, 9, 100);
        RawLink.Send(rig.B, "b0", frame);
        byte[] received = JoinedFrames.Receive(a, 1, ours: 0x88b5, at: 16).Should().ContainSingle().Subject;
        received.Should().Equal([.. frame[..12], 0x81, 0x00, 0x60, 0x05, .. frame[12..]]);
    }

    [Fact]
    public void Each_frame_of_several_queues_arrives_once()
    {
        using VethRig rig = new(queues: 4);
        using Fd inB = Occupy(rig.B, "b0");
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        for (int i = 0; i < 40; i++)
        {
            a.TxRings[i % 4]!.Put(Frames.Make(Frames.Broadcast, 1, 60, i));
        }

        a.TxSync().Should().Be(0);
        List<byte[]> received = [];
        SpinWait.SpinUntil(
            () =>
            {
                b.RxSync();
                for (int queue = 0; queue < 4; queue++)
                {
                    received.AddRange(b.Receive(queue).Where(frame => frame[12] == 0x88));
                }

                return received.Count >= 40;
            },
            20000).Should().BeTrue();
        received.Should().HaveCount(40).And.OnlyHaveUniqueItems(frame => Convert.ToHexString(frame));
    }

    [Fact]
    public async Task A_sleeper_is_woken_by_a_frame()
    {
        using VethRig rig = new();
        using Fd inA = Occupy(rig.A, "a0");
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        byte[] frame = Frames.Make(Frames.Broadcast, 9, 300);
        Task<List<byte[]>> receiving = Transport.Background.Run(() =>
        {
            Stopwatch watch = Stopwatch.StartNew();
            List<byte[]> got = [];
            while (got.Count == 0 && watch.Elapsed.TotalSeconds < 20)
            {
                _ = a.Poll(1, 1000);
                got.AddRange(a.Receive().Where(frame => frame[12] == 0x88));
            }

            return got;
        });
        RawLink.Send(rig.B, "b0", frame);
        (await receiving).Should().ContainSingle().Which.Should().Equal(frame);
    }

    /// <summary>A program of somebody else, which passes everything.</summary>
    /// <summary>Puts a program of somebody else on an interface, until the result is closed.</summary>
    internal static Fd Occupy(NetworkNamespace place, string name) => place.Run(() =>
    {
        using InterfaceControl control = new();
        using Fd program = Bpf.Load(Bpf.XdpProgram, [Set(0, XdpPass), Exit], Bpf.HasFragments, 0, "somebody else's program");
        return Bpf.Link(program, control.Index(name)!.Value, Bpf.AttachXdp, Bpf.GenericMode, "somebody else's program");
    });
}

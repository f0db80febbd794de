using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;
using static NetmapCuse.Drivers.Interop.BpfCode;

namespace NetmapCuse.Tests.Drivers.Xdp;

[Collection("real interfaces")]
public sealed partial class NicRingTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    private const int PollIn = 1;

    [Fact]
    public void Two_programs_in_two_namespaces_exchange_frames_in_order()
    {
        using VethRig rig = new();
        using Process receiver = rig.StartInB("nm-gen", "-d", device.Path, "-f", "rx", "-i", "netmap:b0", "-c", "--idle", "2", "-N");
        device.AwaitBindings("b0", 1);
        using Process sender = rig.StartInA(
            "nm-gen", "-d", device.Path, "-f", "tx", "-i", "netmap:a0", "-n", "20k", "-r", "10k", "-b", "16", "-N");
        string sent = sender.StandardOutput.ReadToEnd();
        sender.WaitForExit();
        string received = receiver.StandardOutput.ReadToEnd() + receiver.StandardError.ReadToEnd();
        receiver.WaitForExit();
        receiver.ExitCode.Should().Be(0, "nothing is corrupt or reordered: {0}", received);
        sent.Should().Contain("20000 frames");
        int count = int.Parse(FrameCount().Match(received).Groups[1].Value, CultureInfo.InvariantCulture);

        // The machine may be busy with others for longer than the ring is deep; frames are not lost otherwise.
        count.Should().BeGreaterThan(19000);
    }

    [Theory]
    [InlineData(60, 1500)]
    [InlineData(1514, 1500)]
    [InlineData(9014, 9000)]
    public void Frames_of_all_lengths_arrive_as_they_were_sent(int longest, int mtu)
    {
        using VethRig rig = new(mtu);
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        List<byte[]> frames = [.. Enumerable.Range(0, 200)
            .Select(i => Frames.Make(Frames.Broadcast, 1, 60 + (i * 7919 % (longest - 59)), i))];
        foreach (byte[] frame in frames)
        {
            JoinedFrames.Put(a.Tx, frame);
            if (a.Tx.Ready < 8)
            {
                a.TxSync().Should().Be(0);
            }
        }

        a.TxSync().Should().Be(0);
        List<byte[]> received = JoinedFrames.Receive(b, frames.Count, ours: 0x88b5);
        received.Should().HaveCount(frames.Count);
        received.Zip(frames).Should().OnlyContain(pair => pair.First.SequenceEqual(pair.Second));
    }

    [Fact]
    public void Buffers_that_a_program_swaps_between_two_interfaces_carry_their_frames()
    {
        using VethRig rig = new();
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        b.Reg.MemoryId.Should().Be(a.Reg.MemoryId);
        List<byte[]> frames = [.. Enumerable.Range(0, 3000).Select(i => Frames.Make(Frames.Broadcast, 1, 60 + (i % 1400), i))];
        List<byte[]> returned = [];
        foreach (byte[][] batch in frames.Chunk(100))
        {
            foreach (byte[] frame in batch)
            {
                a.Tx.Put(frame);
            }

            a.TxSync().Should().Be(0);
            Echo(b, batch.Length);
            returned.AddRange(JoinedFrames.Receive(a, batch.Length, ours: 0x88b5));
        }

        returned.Should().HaveCount(frames.Count);
        returned.Zip(frames).Should().OnlyContain(pair => pair.First.SequenceEqual(pair.Second));
    }

    [Fact]
    public void Every_queue_has_a_ring_of_its_own()
    {
        using VethRig rig = new(queues: 4);
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        a.Reg.TxRings.Should().Be(4);
        for (int queue = 0; queue < 4; queue++)
        {
            for (int i = 0; i <= queue; i++)
            {
                a.TxRings[queue]!.Put(Frames.Make(Frames.Broadcast, queue));
            }
        }

        a.TxSync().Should().Be(0);
        int[] counts = new int[4];
        SpinWait.SpinUntil(
            () =>
            {
                b.RxSync();
                for (int queue = 0; queue < 4; queue++)
                {
                    counts[queue] += b.Receive(queue).Count(frame => frame[12] == 0x88);
                }

                return counts.Sum() >= 10;
            },
            5000);
        counts.Should().Equal(1, 2, 3, 4);
    }

    [Fact]
    public void A_tag_that_the_driver_keeps_beside_the_frame_is_in_the_frame()
    {
        const int PushTag = 18;
        const uint TagProtocol = 0x0081;
        const uint Tag = 0x6005;
        using VethRig rig = new();
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        Assert.SkipUnless(device.Status("a0") == "af_xdp native", "the kernel does not tell tags to XDP programs: " + device.Status("a0"));
        using Fd link = rig.B.Run(() =>
        {
            using InterfaceControl control = new();
            using Fd program = Bpf.Load(
                Bpf.ClassifierProgram,
                [Set(2, TagProtocol), Set(3, Tag), Call(PushTag), Set(0, uint.MaxValue), Exit], 0, 0, "tagging");
            return Bpf.Link(program, control.Index("b0")!.Value, Bpf.AttachEgress, 0, "tagging");
        });
        byte[] frame = Frames.Make(Frames.Broadcast, 9, 100);
        RawLink.Send(rig.B, "b0", frame);
        byte[] received = JoinedFrames.Receive(a, 1, ours: 0x88b5, at: 16).Should().ContainSingle().Subject;
        received.Should().Equal([.. frame[..12], 0x81, 0x00, 0x60, 0x05, .. frame[12..]]);
    }

    [Fact]
    public void Packet_sockets_are_what_admode_2_asks_for_and_the_status_says_so()
    {
        using VethRig rig = new();
        device.Device.Parameters.SetAtStart("admode", "2").Should().Be(Errno.Ok);
        try
        {
            NetmapClient a = rig.A.Run(() => Open().Register("a0"));
            device.Status("a0").Should().Be("af_packet (admode asks for it)");
            byte[] frame = Frames.Make(Frames.Broadcast, 9, 1000);
            RawLink.Send(rig.B, "b0", frame);
            JoinedFrames.Receive(a, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(frame);
        }
        finally
        {
            device.Device.Parameters.SetAtStart("admode", "0");
        }
    }

    [Fact]
    public void An_mtu_beyond_what_fits_is_split_and_a_missing_name_is_no_interface()
    {
        using VethRig rig = new();
        rig.A.Run(() => Open().TryRegister("nobody0")).Should().Be(Errno.NxIo);
        rig.A.Run(() => Open().TryRegister("b0")).Should().Be(Errno.NxIo, "that one is in the other namespace");
        Open().TryRegister("a0").Should().Be(Errno.NxIo, "and this process is in neither");
    }

    [Fact]
    public async Task An_interface_that_is_removed_stops_its_rings_and_wakes_sleepers()
    {
        using VethRig rig = new();
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        Task<int> sleeping = Background.Run(() => a.Poll(PollIn, 10000));
        Thread.Sleep(300);
        rig.InA("link", "del", "a0");
        (await sleeping).Should().NotBe(0, "the sleeper is woken before its time is over");
        SpinWait.SpinUntil(() => a.RxSync() == Errno.Io, 5000).Should().BeTrue();
        a.TxSync().Should().Be(Errno.Io);
    }

    [Fact]
    public void Traffic_goes_on_after_the_link_was_down()
    {
        using VethRig rig = new();
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        NetmapClient b = rig.B.Run(() => Open().Register("b0"));
        rig.InA("link", "set", "a0", "down");
        Thread.Sleep(200);
        a.Send(Frames.Make(Frames.Broadcast, 1));
        a.TxSync().Should().Be(0);
        a.Tx.Ready.Should().Be(a.Tx.NumSlots - 1, "a device that is down swallows frames");
        rig.InA("link", "set", "a0", "up");
        Thread.Sleep(200);
        byte[] frame = Frames.Make(Frames.Broadcast, 2, 200);
        a.Send(frame);
        JoinedFrames.Receive(b, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(frame);
    }

    [Fact]
    public void One_direction_comes_and_goes_while_the_other_works()
    {
        using VethRig rig = new();
        NetmapClient peer = rig.B.Run(() => Open().Register("b0"));
        NetmapClient sender = rig.A.Run(() => Open().Register("a0", new NmreqRegister { Mode = RegisterMode.AllNic, Flags = RegisterFlags.TxRingsOnly }));
        for (int i = 0; i < 3; i++)
        {
            using (NetmapClient receiver = device.Open())
            {
                rig.A.Run(() => receiver.Register("a0", new NmreqRegister { Mode = RegisterMode.AllNic, Flags = RegisterFlags.RxRingsOnly }));
                byte[] incoming = Frames.Make(Frames.Broadcast, 3, 300, i);
                peer.Send(incoming);
                JoinedFrames.Receive(receiver, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(incoming);
            }

            device.AwaitBindings("a0", 1);
            byte[] outgoing = Frames.Make(Frames.Broadcast, 4, 400, i);
            sender.Send(outgoing);
            JoinedFrames.Receive(peer, 1, ours: 0x88b5).Should().ContainSingle().Which.Should().Equal(outgoing);
            sender.TxSync();
            sender.Tx.Ready.Should().Be(sender.Tx.NumSlots - 1);
        }
    }

    /// <summary>Sends what B receives back, with the buffers exchanged.</summary>
    private static void Echo(NetmapClient b, int count)
    {
        int echoed = 0;
        SpinWait.SpinUntil(
            () =>
            {
                b.RxSync();
                while (b.Rx.Ready != 0)
                {
                    ref NetmapSlot from = ref b.Rx.Slot(b.Rx.Head);
                    ref NetmapSlot to = ref b.Tx.Slot(b.Tx.Head);
                    bool ours = b.Rx.Buffer(from.BufferIndex)[12] == 0x88;
                    if (ours)
                    {
                        (from.BufferIndex, to.BufferIndex) = (to.BufferIndex, from.BufferIndex);
                        to.Length = from.Length;
                        from.Flags = to.Flags = SlotFlags.BufferChanged;
                        b.Tx.Advance(1);
                        echoed++;
                    }

                    b.Rx.Advance(1);
                }

                b.TxSync();
                return echoed >= count;
            },
            5000);
    }

    [GeneratedRegex(@"rx netmap:b0: (\d+) frames")]
    private static partial Regex FrameCount();
}

using FluentAssertions;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Rings;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>Frames between guests and programs, over rings of both kinds.</summary>
public sealed class GuestTrafficTests : GuestTest
{
    private const int A = 1;
    private const int B = 2;
    private const int C = 3;

    /// <summary>Kind of ring, event index, merged buffers.</summary>
    public static TheoryData<ulong> Kinds =>
        [.. from packed in (ulong[])[0, (ulong)VirtioFeatures.PackedRing]
            from events in (ulong[])[0, (ulong)VirtioFeatures.EventIndex]
            from merged in (ulong[])[0, (ulong)VirtioFeatures.MergedBuffers]
            select packed | events | merged];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Frames_of_all_lengths_go_from_guest_to_guest_and_to_programs_unchanged(ulong kind)
    {
        using TestGuest a = MakeGuest("a", (VirtioFeatures)kind);
        using TestGuest b = MakeGuest("b", (VirtioFeatures)kind);
        NetmapClient program = OpenProgram("c");
        for (int length = 14; length < 1515; length += 97)
        {
            b.Post(1);
            byte[] frame = Frames.Make(Frames.Broadcast, A, length, seed: length);
            a.SendFrame(frame);
            b.ReceiveFrames().Should().BeEquivalentTo([frame]);
            program.Receive().Should().BeEquivalentTo([frame]);
            a.TakeSent().Should().Be(1);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_program_and_a_guest_find_each_other(ulong kind)
    {
        using TestGuest a = MakeGuest("a", (VirtioFeatures)kind);
        using TestGuest b = MakeGuest("b", (VirtioFeatures)kind);
        NetmapClient program = OpenProgram("c");
        a.Post(4);
        b.Post(4);
        program.Send(Frames.Make(Frames.Broadcast, C));
        a.SendFrame(Frames.Make(C, A));
        program.Receive().Should().HaveCount(1);
        a.ReceiveFrames().Should().HaveCount(1);
        b.ReceiveFrames().Should().HaveCount(1);

        byte[] answer = Frames.Make(A, C, 1514, seed: 5);
        program.Send(answer);

        a.ReceiveFrames().Should().BeEquivalentTo([answer]);
        b.ReceiveFrames().Should().BeEmpty();
    }

    /// <summary>However a driver cuts header and frame.</summary>
    [Theory]
    [InlineData(12)]
    [InlineData(12, 14)]
    [InlineData(12, 300)]
    [InlineData(12, 13, 1)]
    [InlineData(5, 7)]
    [InlineData(40)]
    [InlineData(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)]
    [InlineData(13)]
    [InlineData(12, 0, 60)]
    public void Pieces_of_any_length_make_the_same_frame(params int[] cuts)
    {
        int number = 0;
        foreach (VirtioFeatures packed in (VirtioFeatures[])[0, VirtioFeatures.PackedRing])
        {
            foreach (bool isIndirect in (bool[])[false, true])
            {
                if (isIndirect && cuts.Length > 3)
                {
                    continue;
                }

                using TestGuest a = MakeGuest($"a{++number}", packed);
                using TestGuest b = MakeGuest($"b{number}", packed);
                b.Post(1, pieces: 4, isIndirect: isIndirect);
                byte[] frame = Frames.Make(Frames.Broadcast, A, 1200, seed: cuts.Length);
                a.Put(frame, header: null, ring: 1, isIndirect, cuts);
                a.Port.Serve(0).Should().BeTrue();
                b.ReceiveFrames().Should().BeEquivalentTo([frame]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rings_go_round_many_times(ulong kind)
    {
        using TestGuest a = MakeGuest("a", (VirtioFeatures)kind);
        using TestGuest b = MakeGuest("b", (VirtioFeatures)kind);
        Random random = new(1);
        List<byte[]> wanted = [];
        List<byte[]> got = [];
        for (int round = 0; round < 300; round++)
        {
            int count = random.Next(1, TestGuest.RingSize / 2);
            b.Post(count);
            for (int i = 0; i < count; i++)
            {
                byte[] frame = Frames.Make(B, A, random.Next(60, 1000), seed: wanted.Count);
                wanted.Add(frame);
                a.Put(frame, header: null, ring: 1, isIndirect: false, i % 2 == 0 ? [12] : []);
            }

            a.Port.Serve(0).Should().BeTrue();
            a.TakeSent().Should().Be(count);
            got.AddRange(b.ReceiveFrames());
        }

        got.Should().HaveCount(wanted.Count);
        got.Zip(wanted).Should().OnlyContain(pair => pair.First.SequenceEqual(pair.Second));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData((ulong)VirtioFeatures.PackedRing)]
    public void A_long_frame_lies_in_as_many_buffers_as_it_needs(ulong kind)
    {
        using TestGuest a = MakeGuest("a", (VirtioFeatures)kind);
        using TestGuest b = MakeGuest("b", (VirtioFeatures)kind | VirtioFeatures.MergedBuffers);
        b.Post(60, bytes: 1536);
        byte[] frame = Frames.Make(B, A, 65000, seed: 3);
        a.SendFrame(frame, header: null, 30000, 30000);
        a.SendFrame(frame[..1524]);
        a.SendFrame(frame[..1525]);

        List<(byte[] Header, byte[] Frame)> packets = b.Receive();
        packets.Select(static packet => packet.Frame).Should().BeEquivalentTo([frame, frame[..1524], frame[..1525]]);
        packets.Select(static packet => packet.Header[10]).Should().Equal(43, 1, 2);
    }

    [Fact]
    public void Without_merging_what_does_not_fit_in_a_buffer_is_dropped_and_the_next_one_comes()
    {
        using TestGuest a = MakeGuest("a", 0);
        using TestGuest b = MakeGuest("b", 0);
        b.Post(2, bytes: 1536);
        byte[] frame = Frames.Make(B, A, 1514);
        a.Put(Frames.Make(B, A, 1600));
        a.Put(frame);
        a.Port.Serve(0);

        b.ReceiveFrames().Should().BeEquivalentTo([frame]);
        b.Port.Totals().Rx.NoRoom.Should().Be(1);
    }

    [Fact]
    public void Frames_without_buffers_are_dropped_and_counted()
    {
        using TestGuest a = MakeGuest("a", 0);
        using TestGuest b = MakeGuest("b", 0);
        b.Post(2);
        for (int i = 0; i < 5; i++)
        {
            a.Put(Frames.Make(B, A));
        }

        a.Port.Serve(0);

        b.ReceiveFrames().Should().HaveCount(2);
        b.Port.Totals().Rx.Should().Be(new RingCounters { Frames = 2, Bytes = 120, NoRoom = 3 });
        a.Port.Totals().Tx.Frames.Should().Be(5);
    }

    [Fact]
    public void A_guest_that_is_not_there_has_its_port_all_the_same()
    {
        using TestGuest a = MakeGuest("a", 0);
        NetmapCuse.Core.Vale.Guests.GuestPort absent = MakePort("b");
        a.SendFrame(Frames.Make(B, A));

        absent.Totals().Rx.NoRoom.Should().Be(1);
        a.TakeSent().Should().Be(1);
    }

    [Fact]
    public void Queue_pairs_that_run_share_what_comes_by_the_ring_it_was_sent_on()
    {
        using TestGuest a = MakeGuest("a", VirtioFeatures.MultiQueue, pairs: 2);
        using TestGuest b = MakeGuest("b", VirtioFeatures.MultiQueue, pairs: 2);
        b.Post(4, ring: 0);
        b.Post(4, ring: 2);
        a.Put(Frames.Make(B, A, seed: 1), ring: 1);
        a.Put(Frames.Make(B, A, seed: 2), ring: 3);
        a.Port.Serve(0).Should().BeTrue();
        a.Port.Serve(1).Should().BeTrue();
        b.ReceiveFrames(0).Should().HaveCount(1);
        b.ReceiveFrames(2).Should().HaveCount(1);

        b.Send(NetmapCuse.Drivers.VhostUser.VhostRequest.SetRingEnable, TestGuest.Pair(2, 0));
        a.Put(Frames.Make(B, A, seed: 3), ring: 3);
        a.Port.Serve(1);
        b.ReceiveFrames(0).Should().HaveCount(1);
    }

    [Fact]
    public void Programs_cannot_have_the_port()
    {
        _ = MakePort("a");

        Open().TryRegister("vale0:a").Should().Be(NetmapCuse.Core.Abi.Linux.Errno.Busy);
        Open().TryRegister("vale0:a", new() { Flags = NetmapCuse.Core.Abi.Netmap.RegisterFlags.MonitorRx })
            .Should().Be(NetmapCuse.Core.Abi.Linux.Errno.OpNotSupp);
        NetmapCuse.Core.Abi.Netmap.NmreqPortHeader header = new() { HeaderLength = 0 };
        Open().Control(NetmapCuse.Core.Abi.Netmap.RequestType.PortHeaderSet, "vale0:a", ref header).Should().Be(NetmapCuse.Core.Abi.Linux.Errno.Busy);
    }
}

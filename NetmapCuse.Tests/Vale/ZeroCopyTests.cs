using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>The parameter vale_zerocopy: frames between ports of one region change buffers instead of being copied.</summary>
public sealed class ZeroCopyTests : IDisposable
{
    private const int A = 1;
    private const int B = 2;

    private readonly DirectDevice _device = new();
    private readonly List<NetmapClient> _clients = [];

    public ZeroCopyTests() => _device.Device.Parameters.SetAtStart("vale_zerocopy", "1").Should().Be(Errno.Ok);

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        DeviceBooks.AssertIdle(_device.Device);
        _device.Dispose();
    }

    [Theory]
    [InlineData(60)]
    [InlineData(1514)]
    public void A_frame_to_a_known_station_arrives_in_the_buffer_that_it_was_sent_in(int length)
    {
        (NetmapClient a, NetmapClient b) = Two("vale0:a@1", "vale0:b@1");
        byte[] frame = Frames.Make(B, A, length, seed: 7);
        uint sent = a.Tx.Slot(a.Tx.Head).BufferIndex;
        uint free = b.Rx.Slot(b.Rx.Head).BufferIndex;
        uint slot = a.Tx.Head;

        a.Send(frame);
        b.RxSync();

        NetmapSlot received = b.Rx.Slot(b.Rx.Head);
        received.BufferIndex.Should().Be(sent);
        a.Tx.Slot(slot).BufferIndex.Should().Be(free);
        a.Tx.Slot(slot).Flags.Should().Be(SlotFlags.BufferChanged);
        b.Rx.Take().Data.Should().Equal(frame);
    }

    [Fact]
    public void A_frame_of_several_slots_arrives_whole()
    {
        (NetmapClient a, NetmapClient b) = Two("vale0:a@1", "vale0:b@1");
        byte[] frame = Frames.Make(B, A, 1500, seed: 3);

        a.Tx.Put(frame.AsSpan(0, 700), SlotFlags.MoreFragments);
        a.Tx.Put(frame.AsSpan(700));
        a.TxSync();
        b.RxSync();

        (byte[] first, SlotFlags flags) = b.Rx.Take();
        (byte[] second, _) = b.Rx.Take();
        (flags & SlotFlags.MoreFragments).Should().Be(SlotFlags.MoreFragments);
        first.Concat(second).Should().Equal(frame);
    }

    [Fact]
    public void Thousands_of_frames_keep_their_contents_and_every_buffer_has_one_place()
    {
        (NetmapClient a, NetmapClient b) = Two("vale0:a@1", "vale0:b@1");
        uint[] before = [.. a.Tx.Buffers().Concat(b.Rx.Buffers()).Order()];

        for (int round = 0; round < 100; round++)
        {
            byte[][] frames = [.. Enumerable.Range(0, 100).Select(i => Frames.Make(B, A, 60 + i, seed: (round * 100) + i))];
            a.Send(frames);
            b.Receive().Should().BeEquivalentTo(frames, options => options.WithStrictOrdering());
        }

        a.Tx.Buffers().Concat(b.Rx.Buffers()).Order().Should().Equal(before);
    }

    [Fact]
    public void Ports_of_different_regions_copy()
    {
        (NetmapClient a, NetmapClient b) = Two("vale0:a", "vale0:b");
        uint[] before = b.Rx.Buffers();
        byte[] frame = Frames.Make(B, A, 60, seed: 1);

        a.Send(frame);

        b.Receive().Should().BeEquivalentTo([frame]);
        b.Rx.Buffers().Should().Equal(before);
    }

    [Fact]
    public void What_goes_to_several_is_copied()
    {
        (NetmapClient a, NetmapClient b) = Two("vale0:a@1", "vale0:b@1");
        NetmapClient c = Open("vale0:c@1");
        uint[] before = a.Tx.Buffers();
        byte[] frame = Frames.Make(Frames.Broadcast, A, 60, seed: 1);

        a.Send(frame);

        b.Receive().Should().BeEquivalentTo([frame]);
        c.Receive().Should().BeEquivalentTo([frame]);
        a.Tx.Buffers().Should().Equal(before);
    }

    [Fact]
    public void A_buffer_that_two_slots_show_is_not_lost_and_not_owned_twice()
    {
        (NetmapClient a, NetmapClient b) = Two("vale0:a@1", "vale0:b@1");
        for (int round = 0; round < 50; round++)
        {
            // The sender names one buffer in all its slots, another's, and one that does not exist.
            a.Tx.Slot(a.Tx.Head).BufferIndex = a.Tx.Slot(1000).BufferIndex;
            a.Tx.Put(Frames.Make(B, A, 60, seed: round));
            a.Tx.Slot(a.Tx.Head).BufferIndex = b.Rx.Slot(7).BufferIndex;
            a.Tx.Put(Frames.Make(B, A, 60, seed: round));
            ref NetmapSlot wild = ref a.Tx.Slot(a.Tx.Head);
            a.Tx.Put(Frames.Make(B, A, 60, seed: round));
            wild.BufferIndex = uint.MaxValue - (uint)round;
            a.TxSync();
            b.Receive();
        }

        // Dispose looks at the books: all buffers are free once.
        a.TxSync().Should().Be(0);
    }

    private NetmapClient Open(string name)
    {
        NetmapClient client = _device.Open();
        _clients.Add(client);
        int at = name.IndexOf('@', StringComparison.Ordinal);
        return at < 0
            ? client.Register(name)
            : client.Register(name[..at], new NmreqRegister { MemoryId = 1 });
    }

    /// <summary>Two ports; the switch knows where B is.</summary>
    private (NetmapClient A, NetmapClient B) Two(string first, string second)
    {
        NetmapClient a = Open(first);
        NetmapClient b = Open(second);
        b.Send(Frames.Make(Frames.Broadcast, B));
        a.Receive();
        return (a, b);
    }
}

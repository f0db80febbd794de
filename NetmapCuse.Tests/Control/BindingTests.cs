using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>Several files on one port: reference/netmap-behaviour.md sections 1, 2.2, 2.3 and 6.</summary>
[Collection(MountTests.Name)]
public sealed class BindingTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    private static readonly NmreqRegister s_fourRings = new() { TxRings = 4, RxRings = 4, TxSlots = 64, RxSlots = 64 };

    [Fact]
    public void Exclusive_rings_are_taken_one_by_one()
    {
        NetmapClient zero = Open().Register("vale0:a", One(0, RegisterFlags.Exclusive));
        Open().Register("vale0:a", One(1, RegisterFlags.Exclusive));
        NetmapClient other = Open();

        other.TryRegister("vale0:a", One(0)).Should().Be(Errno.Busy);
        other.TryRegister("vale0:a", s_fourRings).Should().Be(Errno.Busy);
        zero.Dispose();
        other.TryRegister("vale0:a", One(0)).Should().Be(0);
    }

    [Fact]
    public void A_ring_in_use_cannot_become_exclusive()
    {
        Open().Register("vale0:a", One(2));
        NetmapClient other = Open();

        other.TryRegister("vale0:a", s_fourRings with { Flags = RegisterFlags.Exclusive }).Should().Be(Errno.Busy);
        other.TryRegister("vale0:a", One(3, RegisterFlags.Exclusive)).Should().Be(0);
    }

    [Fact]
    public void Exclusive_sending_leaves_receiving_to_others()
    {
        NetmapClient sender = Open().Register("vale0:a", new NmreqRegister
        {
            Flags = RegisterFlags.Exclusive | RegisterFlags.TxRingsOnly,
        });
        NetmapClient receiver = Open().Register("vale0:a", new NmreqRegister { Flags = RegisterFlags.RxRingsOnly });

        sender.RingOffsets()[2].Should().Be(0);
        receiver.RingOffsets()[0].Should().Be(0);
        sender.RxRings[0].Should().BeNull();
        receiver.TxRings[0].Should().BeNull();
        Open().TryRegister("vale0:a", new NmreqRegister { Flags = RegisterFlags.TxRingsOnly }).Should().Be(Errno.Busy);
    }

    [Fact]
    public void A_single_ring_is_bound_alone()
    {
        NetmapClient client = Open().Register("vale0:a", One(2));

        client.RingOffsets().Select(offset => offset != 0).Should().Equal(
            false, false, true, false, false, false, false, true, false, false);
        (client.Reg.TxRings, client.Reg.RingId).Should().Be(((ushort)4, (ushort)2));
        client.TxRings[2]!.NumSlots.Should().Be(64);
    }

    [Fact]
    public void Files_on_the_same_ring_share_it()
    {
        NetmapClient first = Open().Register("vale0:a");
        NetmapClient second = Open().Register("vale0:a");
        NetmapClient other = Open().Register("vale0:b");

        second.Tx.Put(Frames.Make(Frames.Broadcast, 1));
        first.TxSync().Should().Be(0);
        other.Receive().Should().HaveCount(1);
        first.Dispose();
        second.Send(Frames.Make(Frames.Broadcast, 1));
        other.Receive().Should().HaveCount(1);
        second.Reg.MemoryId.Should().Be(first.Reg.MemoryId);
    }

    [Fact]
    public void Numbers_of_a_later_request_do_not_count()
    {
        Open().Register("vale0:a", s_fourRings);

        NmreqRegister reg = Open().Register("vale0:a", new NmreqRegister { TxRings = 9, RxSlots = 9 }).Reg;

        (reg.TxRings, reg.RxRings, reg.TxSlots, reg.RxSlots).Should().Be(((ushort)4, (ushort)4, 64u, 64u));
    }

    [Fact]
    public void Unknown_flags_come_back_as_they_were()
    {
        NmreqRegister reg = Open().Register(
            "vale0:a", new NmreqRegister { Flags = (RegisterFlags)0xffff_0000_0000_1000 }).Reg;

        reg.Flags.Should().Be((RegisterFlags)0xffff_0000_0000_1000);
        (reg.Mode, reg.RingId).Should().Be((RegisterMode.AllNic, (ushort)0));
    }

    [Fact]
    public void A_duplicate_keeps_the_binding()
    {
        NetmapClient a = Open().Register("vale0:a");
        NetmapClient b = Open().Register("vale0:b");
        using Fd copy = Client.Duplicate(((MountedFile)a.File).Fd);

        ((MountedFile)a.File).Fd.Dispose();
        Thread.Sleep(50);
        b.Send(Frames.Make(Frames.Broadcast, 2));

        Client.Poll(copy, 1, 1000).Should().Be(1);
        a.Rx.Ready.Should().Be(1);
        Client.Ioctl(copy, NetmapApi.NiocTxSync, []).Should().Be(0);
    }

    [Fact]
    public void A_file_that_was_just_closed_is_never_in_the_way()
    {
        for (int i = 0; i < 200; i++)
        {
            using NetmapClient client = Device.Open().Register("vale0:a", new NmreqRegister
            {
                TxSlots = 16,
                RxSlots = 16,
                Flags = RegisterFlags.Exclusive,
            });
        }
    }

    [Fact]
    public void Descriptors_are_inherited_and_passed_on()
    {
        (int exitCode, string output) = Samples.Run("tests/fdpass", "-d", Device.Path);

        exitCode.Should().Be(0, output);
    }

    [Fact]
    public unsafe void Every_receive_sync_is_stamped()
    {
        NetmapClient client = Open().Register("vale0:a");
        DateTimeOffset before = DateTimeOffset.UtcNow.AddMilliseconds(-1);

        client.TxSync();
        client.Rx.Shared->TimestampSeconds.Should().Be(0);
        client.RxSync();
        DateTimeOffset first = Stamp(client.Rx);
        Thread.Sleep(2);
        client.Poll(1);
        DateTimeOffset second = Stamp(client.Rx);

        first.Should().BeAfter(before);
        second.Should().BeAfter(first).And.BeBefore(DateTimeOffset.UtcNow.AddMilliseconds(1));
        client.Tx.Shared->TimestampSeconds.Should().Be(0);
        client.Rx.Shared->TimestampMicroseconds.Should().BeInRange(0, 999_999);
    }

    private static unsafe DateTimeOffset Stamp(ClientRing ring) =>
        DateTimeOffset.FromUnixTimeSeconds(ring.Shared->TimestampSeconds)
            .AddMicroseconds(ring.Shared->TimestampMicroseconds);

    private static NmreqRegister One(int ring, RegisterFlags flags = RegisterFlags.None) =>
        s_fourRings with { Mode = RegisterMode.OneNic, RingId = (ushort)ring, Flags = flags };
}

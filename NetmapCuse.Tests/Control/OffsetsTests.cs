using System.Runtime.InteropServices;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>The offsets option: reference/netmap-behaviour.md section 17, with clients on a real mount.</summary>
[Collection(MountTests.Name)]
public sealed class OffsetsTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    private const ulong Above = 0xabcd_0000_0000_0000;

    [Theory]
    [InlineData(128, 0, 16, 0)]
    [InlineData(128, 128, 8, 0)]
    [InlineData(2048, 2048, 64, 0)]
    [InlineData(2048, 2048, 0, 0)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(128, 0, 65, Errno.Inval)]
    [InlineData(2049, 0, 16, Errno.Inval)]
    [InlineData(256, 0, 8, Errno.Inval)]
    [InlineData(128, 129, 16, Errno.Inval)]
    public void What_can_be_asked_for(ulong max, ulong initial, uint bits, int errno)
    {
        foreach (string name in (string[])["vale0:a", "vale0:b{x", "vale0:b}x"])
        {
            using OffsetsOption option = new(max, initial, bits);

            Open().TryRegister(name, options: option.Address).Should().Be(errno);

            option.Status.Should().Be(errno);
            option.MaxOffset.Should().Be(max);
        }
    }

    [Fact]
    public void Null_ports_and_copy_monitors_take_them_zero_copy_monitors_do_not()
    {
        Open().Register("vale0:a");
        using OffsetsOption option = new(64, 64, 16);

        Open().TryRegister(
            "n", new NmreqRegister { Mode = RegisterMode.Null, MemoryId = 1, TxRings = 1, RxRings = 1, TxSlots = 8, RxSlots = 8 },
            option.Address).Should().Be(0);
        Open().TryRegister("vale0:a", new NmreqRegister { Flags = RegisterFlags.MonitorRx }, option.Address).Should().Be(0);
        Open().TryRegister(
            "vale0:a", new NmreqRegister { Flags = RegisterFlags.MonitorRx | RegisterFlags.ZeroCopyMonitor }, option.Address)
            .Should().Be(Errno.OpNotSupp);
        option.Status.Should().Be(Errno.OpNotSupp);
    }

    [Theory]
    [InlineData(0, ulong.MaxValue)]
    [InlineData(64, ulong.MaxValue)]
    [InlineData(16, 0xffff)]
    [InlineData(7, 0x7f)]
    public void The_ring_says_which_bits_and_every_slot_starts_with_the_initial_offset(uint bits, ulong mask)
    {
        NetmapClient client = Register("vale0:a", 100, 70, bits);

        foreach (ClientRing ring in (ClientRing[])[client.Tx, client.Rx])
        {
            Mask(ring).Should().Be(mask);
            Enumerable.Range(0, (int)ring.NumSlots).Should().AllSatisfy(i => ring.Slot((uint)i).Pointer.Should().Be(70));
        }
    }

    [Fact]
    public void A_ring_of_the_next_life_has_none()
    {
        Register("vale0:keep", 0, 0, 1);
        NetmapClient client = Register("vale0:a", 100, 70, 16);
        ushort id = client.Reg.MemoryId;
        client.Dispose();

        NetmapClient next = Open().Register("vale0:a", new NmreqRegister { MemoryId = 0 });

        next.Reg.MemoryId.Should().Be(id);
        Mask(next.Tx).Should().Be(0);
        next.Rx.Slot(5).Pointer.Should().Be(0);
    }

    [Theory]
    [InlineData(128, 16, 0)]
    [InlineData(64, 8, 0)]
    [InlineData(129, 16, Errno.Busy)]
    [InlineData(128, 17, Errno.Busy)]
    [InlineData(128, 0, Errno.Busy)]
    public void A_second_binding_may_ask_for_as_much_or_less(ulong max, uint bits, int errno)
    {
        NetmapClient first = Register("vale0:a", 128, 32, 16);
        first.Tx.Slot(3).Pointer = 100;
        using OffsetsOption option = new(max, 0, bits);

        Open().TryRegister("vale0:a", options: option.Address).Should().Be(errno);

        option.Status.Should().Be(errno);
        option.MaxOffset.Should().Be(errno == 0 ? 128 : max);
        first.Tx.Slot(3).Pointer.Should().Be(100, "the slots are in use");
        Mask(first.Tx).Should().Be(0xffff);
    }

    [Fact]
    public void A_ring_in_use_can_get_offsets_but_keeps_its_slots()
    {
        NetmapClient first = Open().Register("vale0:a");

        Register("vale0:a", 128, 32, 16);

        Mask(first.Rx).Should().Be(0xffff);
        first.Rx.Slot(0).Pointer.Should().Be(0);
    }

    [Fact]
    public void A_registration_that_fails_later_leaves_no_offsets_behind()
    {
        NetmapClient first = Open().Register("vale0:a");
        using OffsetsOption option = new(128, 32, 16);
        using NativeOptions unknown = new([(99, 0)]);
        option.Link(unknown.First);

        Open().TryRegister("vale0:a", options: option.Address).Should().Be(Errno.OpNotSupp);

        option.Status.Should().Be(0);
        unknown.Status(0).Should().Be(Errno.OpNotSupp);
        Mask(first.Tx).Should().Be(0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(6, 0)]
    [InlineData(100, 0)]
    [InlineData(128, 64)]
    [InlineData(0, 6)]
    [InlineData(70, 7)]
    [InlineData(6, 128)]
    public void Frames_leave_from_the_senders_offset_and_arrive_at_the_receivers(int from, int to)
    {
        NetmapClient a = Register("vale0:a", 128, 0, 16);
        NetmapClient b = to == 0 ? Open().Register("vale0:b") : Register("vale0:b", 128, (ulong)to, 16);
        byte[] last = Frames.Make(2, 1, 2048 - 128, seed: 1);
        byte[] piece = Frames.Make(2, 1, 77, seed: 2);

        Put(a, last, from);
        Put(a, piece, from, SlotFlags.MoreFragments);
        Put(a, piece, from);
        a.TxSync().Should().Be(0);
        b.RxSync();

        b.Rx.Ready.Should().Be(3);
        At(b, 0, to).Should().Equal(last);
        At(b, 1, to).Should().Equal(piece);
        At(b, 2, to).Should().Equal(piece);
        b.Rx.Slot(0).Pointer.Should().Be((ulong)to);
        b.Rx.Slot(0).Flags.Should().Be(SlotFlags.OneFragment);
    }

    [Fact]
    public void Each_slot_has_an_offset_of_its_own_cut_to_the_largest()
    {
        NetmapClient a = Open().Register("vale0:a");
        NetmapClient b = Register("vale0:b", 128, 0, 16);
        byte[] frame = Frames.Make(2, 1, 60, seed: 3);
        ulong[] pointers = [0, 1, 63, 127, 128, 129, 0xffff, Above | 5];
        for (uint i = 0; i < pointers.Length; i++)
        {
            b.Rx.Slot(i).Pointer = pointers[i];
        }

        a.Send([.. Enumerable.Repeat(frame, pointers.Length)]);
        b.RxSync();

        int[] landings = [0, 1, 63, 127, 128, 128, 128, 5];
        for (uint i = 0; i < pointers.Length; i++)
        {
            At(b, i, landings[i]).Should().Equal(frame);
            b.Rx.Slot(i).Pointer.Should().Be(pointers[i]);
        }
    }

    [Fact]
    public void Nothing_around_the_frame_is_touched()
    {
        NetmapClient a = Register("vale0:a", 2048, 0, 16);
        NetmapClient b = Register("vale0:b", 2048, 0, 16);
        byte[] frame = Frames.Make(2, 1, 65, seed: 4);
        for (uint i = 0; i < b.Rx.NumSlots; i++)
        {
            b.Rx.Buffer(b.Rx.Slot(i).BufferIndex).Fill(0x5a);
            b.Rx.Slot(i).Pointer = 2048 - 65;
        }

        for (int i = 0; i < 100; i++)
        {
            Put(a, frame, 2048 - 65);
        }

        a.TxSync().Should().Be(0);
        b.RxSync();

        b.Rx.Ready.Should().Be(100);
        for (uint i = 0; i < 101; i++)
        {
            Span<byte> buffer = b.Rx.Buffer(b.Rx.Slot(i).BufferIndex);
            buffer[..(2048 - 65)].IndexOfAnyExcept((byte)0x5a).Should().Be(-1);
            buffer[(2048 - 65)..].SequenceEqual(frame).Should().Be(i < 100);
        }
    }

    [Fact]
    public void Frames_that_do_not_fit_behind_the_offset_are_not_sent_or_arrive_empty()
    {
        NetmapClient a = Register("vale0:a", 128, 0, 16);
        NetmapClient b = Register("vale0:b", 128, 128, 16);
        NetmapClient c = Open().Register("vale0:c");
        a.Tx.Slot(0).Length = 2048 - 99;
        a.Tx.Slot(0).Pointer = 100;
        a.Tx.Advance(1);
        a.TxSync();
        c.Receive().Should().BeEmpty();
        byte[] frame = Frames.Make(Frames.Broadcast, 1, 2048 - 127, seed: 5);

        Put(a, frame, 0);
        a.TxSync();
        b.RxSync();

        b.Rx.Slot(0).Length.Should().Be(0);
        c.Receive().Should().BeEquivalentTo([frame]);
    }

    [Fact]
    public unsafe void The_pointer_of_an_indirect_slot_is_an_address()
    {
        NetmapClient a = Register("vale0:a", 128, 0, 64);
        NetmapClient b = Open().Register("vale0:b");
        NetmapClient monitor = Open().Register("vale0:a", new NmreqRegister { Flags = RegisterFlags.MonitorTx });
        byte[] frame = Frames.Make(2, 1, 2000, seed: 6);
        byte* outside = (byte*)NativeMemory.Alloc(2001);
        frame.CopyTo(new Span<byte>(outside + 1, 2000));
        a.Tx.Slot(0).Pointer = (ulong)(outside + 1);
        a.Tx.Slot(0).Length = 2000;
        a.Tx.Slot(0).Flags = SlotFlags.Indirect;
        a.Tx.Advance(1);

        a.TxSync().Should().Be(0);
        NativeMemory.Free(outside);

        b.Receive().Should().BeEquivalentTo([frame]);
        monitor.Receive().Should().BeEquivalentTo([frame]);
    }

    [Theory]
    [InlineData(0, 12)]
    [InlineData(12, 0)]
    public void Offsets_and_virtio_headers_go_together(int source, int destination)
    {
        NetmapClient a = Register("vale0:a", 128, 0, 16);
        NetmapClient b = Register("vale0:b", 128, 6, 16);
        SetHeader("vale0:a", source);
        SetHeader("vale0:b", destination);
        byte[] frame = Frames.Make(2, 1, 999, seed: 7);

        Put(a, [.. new byte[source], .. frame], 70);
        a.TxSync().Should().Be(0);
        b.RxSync();

        b.Rx.Ready.Should().Be(1);
        At(b, 0, 6).Should().Equal([.. new byte[destination], .. frame]);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(100, 0, 100)]
    [InlineData(0, 64, 64)]
    [InlineData(128, 64, 128)]
    [InlineData(32, 64, 64)]
    public void In_a_pipe_the_larger_offset_counts(int sender, int receiver, int seen)
    {
        NetmapClient a = Register("vale0:p{x", 128, 0, 16);
        NetmapClient b = Register("vale0:p}x", 128, (ulong)receiver, 16);

        for (int round = 0; round < 3000; round++)
        {
            // Now and then a packet lies further behind: that says nothing about the next one in its slot.
            int from = round % 7 == 0 ? 128 : sender;
            Put(a, [1, 2, 3, 4], from, above: Above);
            a.TxSync().Should().Be(0);
            b.RxSync();
            b.Rx.Ready.Should().Be(1);
            b.Rx.Slot(b.Rx.Head).Pointer.Should().Be(Above | (uint)Math.Max(seen, from));
            b.Rx.Advance(1);
            b.RxSync();
            a.TxSync();
        }
    }

    [Fact]
    public void A_pipe_whose_receiver_has_no_offsets_passes_pointers_as_they_are()
    {
        NetmapClient a = Register("vale0:p{x", 128, 16, 16);
        NetmapClient b = Open().Register("vale0:p}x");

        Put(a, [1], 100, above: Above);
        a.TxSync();
        b.RxSync();

        b.Rx.Slot(0).Pointer.Should().Be(Above | 100);
    }

    [Fact]
    public void What_waits_in_a_pipe_keeps_its_offset_when_the_receiver_comes()
    {
        NetmapClient a = Register("vale0:p{x", 128, 0, 16);
        Put(a, [1], 100);
        a.TxSync();

        NetmapClient b = Register("vale0:p}x", 128, 64, 16);
        b.RxSync();

        b.Rx.Ready.Should().Be(1);
        b.Rx.Slot(0).Pointer.Should().Be(100);
        b.Rx.Slot(1).Pointer.Should().Be(64);
    }

    [Fact]
    public void A_copy_monitor_shows_frames_at_an_offset_of_its_own()
    {
        NetmapClient a = Register("vale0:a", 128, 0, 16);
        NetmapClient b = Register("vale0:b", 128, 6, 16);
        using OffsetsOption option = new(128, 32, 16);
        NetmapClient monitor = Open();
        monitor.TryRegister(
            "vale0:b", new NmreqRegister { Flags = RegisterFlags.MonitorRx }, option.Address).Should().Be(0);
        NetmapClient plain = Open().Register("vale0:a", new NmreqRegister { Flags = RegisterFlags.MonitorTx });
        byte[] frame = Frames.Make(2, 1, 2048 - 128, seed: 8);

        Put(a, frame, 100);
        a.TxSync().Should().Be(0);
        b.RxSync();
        monitor.RxSync();
        plain.RxSync();

        At(b, 0, 6).Should().Equal(frame);
        At(monitor, 0, 32).Should().Equal(frame);
        At(plain, 0, 0).Should().Equal(frame);
    }

    private NetmapClient Register(string name, ulong max, ulong initial, uint bits)
    {
        using OffsetsOption option = new(max, initial, bits);
        NetmapClient client = Open();
        client.TryRegister(name, new NmreqRegister { Flags = RegisterFlags.AcceptVnetHeader }, option.Address).Should().Be(0);
        return client;
    }

    private void SetHeader(string name, int length)
    {
        NmreqPortHeader body = new() { HeaderLength = (uint)length };
        Open().Control(RequestType.PortHeaderSet, name, ref body).Should().Be(0);
    }

    private static unsafe ulong Mask(ClientRing ring) => ring.Shared->OffsetMask;

    private static void Put(NetmapClient client, byte[] data, int offset, SlotFlags flags = SlotFlags.None, ulong above = 0)
    {
        ref NetmapSlot slot = ref client.Tx.Slot(client.Tx.Head);
        data.CopyTo(client.Tx.Buffer(slot.BufferIndex)[offset..]);
        slot.Pointer = above | (uint)offset;
        slot.Length = (ushort)data.Length;
        slot.Flags = flags;
        client.Tx.Advance(1);
    }

    private static byte[] At(NetmapClient client, uint slot, int offset)
    {
        NetmapSlot copy = client.Rx.Slot(slot);
        return client.Rx.Buffer(copy.BufferIndex).Slice(offset, copy.Length).ToArray();
    }
}

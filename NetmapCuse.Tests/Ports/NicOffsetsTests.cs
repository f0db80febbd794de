using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Ports;

/// <summary>Packets at offsets on the rings of interfaces and of their host stacks (reference/netmap-behaviour.md section 17).</summary>
public sealed class NicOffsetsTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string Name = "nmoffs0";

    /// <summary>What fits in front of a frame of an MTU of 1500 with a VLAN tag in a buffer of 2048 bytes.</summary>
    private const ulong Most = 530;

    [Fact]
    public void Frames_are_sent_from_their_slots_offset()
    {
        NetmapClient client = Bind();
        byte[][] frames = [.. Enumerable.Range(0, 40).Select(i => Frames.Make(Frames.Broadcast, 1, 60 + (i * 30), i))];
        for (int i = 0; i < frames.Length; i++)
        {
            Put(client.Tx, frames[i], (uint)(i * 13));
        }

        client.TxSync().Should().Be(0);
        Nic.Sent.Should().BeEquivalentTo(frames, options => options.WithStrictOrdering());
    }

    [Fact]
    public void Offsets_beyond_the_largest_and_lengths_beyond_the_buffer_stay_inside_it()
    {
        NetmapClient client = Bind();
        ref NetmapSlot slot = ref client.Tx.Slot(0);
        client.Tx.Buffer(slot.BufferIndex).Fill(7);
        slot.Pointer = 2040;
        slot.Length = ushort.MaxValue;
        client.Tx.Advance(1);
        client.TxSync().Should().Be(0);
        Nic.Sent.Should().ContainSingle().Which.Should().Equal(Enumerable.Repeat((byte)7, 2048 - (int)Most));
    }

    [Fact]
    public void Frames_are_received_at_their_slots_offset()
    {
        NetmapClient client = Bind(initial: 64);
        for (uint i = 0; i < client.Rx.NumSlots; i++)
        {
            client.Rx.Slot(i).Pointer.Should().Be(64);
            client.Rx.Slot(i).Pointer = i * 8;
        }

        byte[][] frames = [.. Enumerable.Range(0, 200).Select(i => Frames.Make(1, 2, 60 + (i * 7), i))];
        foreach (byte[] frame in frames)
        {
            uint at = client.Rx.Head;
            Nic.Arrive(frame);
            client.RxSync().Should().Be(0);
            client.Rx.Slot(at).Pointer.Should().Be(at * 8);
            Take(client.Rx).Should().Equal(frame);
        }
    }

    [Fact]
    public void Host_rings_have_them_both_ways()
    {
        NetmapClient client = Bind(initial: 100);
        byte[] up = Frames.Make(1, 2, 300, seed: 1);
        byte[] down = Frames.Make(2, 1, 400, seed: 2);
        Put(client.TxRings[1]!, up, 33);
        client.TxSync().Should().Be(0);
        Nic.Stack.Received.Should().ContainSingle().Which.Should().Equal(up);

        Put(client.TxRings[1]!, [], 33);
        client.TxRings[1]!.Slot(1).Length = 2048 - 32;
        client.TxSync().Should().Be(0);
        Nic.Stack.Received.Should().ContainSingle("what does not fit behind its offset is dropped");

        Nic.Stack.Send(down);
        client.RxSync().Should().Be(0);
        client.RxRings[1]!.Slot(0).Pointer.Should().Be(100);
        Take(client.RxRings[1]!).Should().Equal(down);
    }

    [Fact]
    public unsafe void Forwarded_packets_keep_their_place()
    {
        NetmapClient client = Bind(initial: 100);
        client.RxRings[0]!.Shared->Flags |= RingFlags.Forward;
        client.RxRings[1]!.Shared->Flags |= RingFlags.Forward;
        byte[] up = Frames.Make(1, 2, 300, seed: 1);
        Nic.Arrive(up);
        client.RxSync().Should().Be(0);
        client.Rx.Slot(0).Flags |= SlotFlags.Forward;
        client.Rx.Advance(1);
        client.RxSync().Should().Be(0);
        Nic.Stack.Received.Should().ContainSingle().Which.Should().Equal(up);

        byte[] down = Frames.Make(2, 1, 400, seed: 2);
        client.Tx.Slot(0).Pointer = 0xabcd_0000_0000_0000;
        Nic.Stack.Send(down);
        client.RxSync().Should().Be(0);
        client.RxRings[1]!.Slot(0).Flags |= SlotFlags.Forward;
        client.RxRings[1]!.Advance(1);
        client.RxSync().Should().Be(0);
        client.TxSync().Should().Be(0);
        Nic.Sent.Should().ContainSingle().Which.Should().Equal(down);
        client.Tx.Slot(0).Pointer.Should().Be(0xabcd_0000_0000_0064, "only the offset moves with the buffer");
    }

    [Fact]
    public void Monitors_copy_from_the_offset()
    {
        NetmapClient client = Bind(initial: 100);
        NetmapClient monitor = Open().Register(
            Name, new NmreqRegister { Flags = RegisterFlags.MonitorRx | RegisterFlags.MonitorTx });
        byte[] sent = Frames.Make(2, 1, 200, seed: 1);
        Put(client.Tx, sent, 50);
        client.TxSync().Should().Be(0);
        byte[] arrived = Frames.Make(1, 2, 200, seed: 2);
        Nic.Arrive(arrived);
        client.RxSync().Should().Be(0);
        monitor.RxSync().Should().Be(0);
        monitor.Rx.TakeAll().Should().BeEquivalentTo([sent, arrived], options => options.WithStrictOrdering());
    }

    [Theory]
    [InlineData(Most, Errno.Ok)]
    [InlineData(Most + 1, Errno.Inval)]
    public void The_longest_frame_has_to_fit_behind_the_offset_where_frames_are_received(ulong max, int errno)
    {
        Interfaces.Add(Name);
        using OffsetsOption option = new(max, 0, 16);
        Open().TryRegister(Name, options: option.Address).Should().Be(errno);
        option.Status.Should().Be(errno);

        using OffsetsOption sender = new(2048, 0, 16);
        Interfaces.Add(Name + "t");
        Open().TryRegister(Name + "t", new NmreqRegister { Flags = RegisterFlags.TxRingsOnly }, sender.Address).Should().Be(0);
        sender.Status.Should().Be(0);
    }

    private MemoryAdapters Interfaces => ((HostFixture)Device).Interfaces;

    private MemoryAdapter Nic => Interfaces[Name];

    /// <summary>All rings of the interface, with the largest offsets.</summary>
    private NetmapClient Bind(ulong initial = 0)
    {
        Interfaces.Add(Name);
        using OffsetsOption option = new(Most, initial, 16);
        NetmapClient client = Open();
        client.TryRegister(Name, new NmreqRegister { Mode = RegisterMode.NicAndHost }, option.Address).Should().Be(0);
        option.MaxOffset.Should().Be(Most);
        return client;
    }

    private static void Put(ClientRing ring, byte[] frame, uint offset)
    {
        ref NetmapSlot slot = ref ring.Slot(ring.Head);
        slot.Pointer = offset;
        slot.Length = (ushort)frame.Length;
        slot.Flags = SlotFlags.None;
        frame.CopyTo(ring.Buffer(slot.BufferIndex)[(int)offset..]);
        ring.Advance(1);
    }

    private static byte[] Take(ClientRing ring)
    {
        ref NetmapSlot slot = ref ring.Slot(ring.Head);
        byte[] frame = ring.Buffer(slot.BufferIndex).Slice((int)(slot.Pointer & 0xffff), slot.Length).ToArray();
        ring.Advance(1);
        return frame;
    }
}

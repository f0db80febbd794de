using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Ports;

/// <summary>Frames between programs and the host stack that need several slots.</summary>
public sealed class HostFragmentTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string Name = "nmfrag0";
    private const uint Longest = 9014;

    [Fact]
    public void A_long_frame_of_the_host_comes_over_several_slots()
    {
        (NetmapClient client, MemoryAdapter nic) = OpenBoth();
        byte[] frame = Frames.Make(2, 1, 5000);
        byte[] small = Frames.Make(2, 1, 60);
        nic.Stack.Send(frame);
        nic.Stack.Send(small);
        client.RxSync().Should().Be(0);
        ClientRing host = client.RxRings[1]!;
        host.Ready.Should().Be(4);
        SlotFlags[] flags = [.. Enumerable.Range(0, 4).Select(i => host.Slot((uint)i).Flags)];
        flags.Should().Equal(SlotFlags.MoreFragments, SlotFlags.MoreFragments, SlotFlags.None, SlotFlags.None);
        host.TakeAll().SelectMany(part => part).Should().Equal([.. frame, .. small]);
    }

    [Fact]
    public void A_frame_that_could_find_no_room_waits()
    {
        (NetmapClient client, MemoryAdapter nic) = OpenBoth();
        ClientRing host = client.RxRings[1]!;
        uint n = host.NumSlots;
        for (int i = 0; i < n; i++)
        {
            nic.Stack.Send(Frames.Make(2, 1, 60, i));
        }

        client.RxSync().Should().Be(0);
        uint first = host.Ready;
        first.Should().Be(n - 5, "a frame can take five slots");
        host.TakeAll();
        client.RxSync().Should().Be(0);
        host.TakeAll().Should().HaveCount((int)(n - first));
        nic.Stack.Dropped.Should().Be(0);
    }

    [Fact]
    public void Slots_that_belong_together_go_to_the_host_as_one_frame()
    {
        (NetmapClient client, MemoryAdapter nic) = OpenBoth();
        ClientRing host = client.TxRings[1]!;
        byte[] frame = Frames.Make(1, 2, 5000);
        host.Put(frame.AsSpan(0, 2048), SlotFlags.MoreFragments);
        host.Put(frame.AsSpan(2048, 10), SlotFlags.MoreFragments);
        host.Put(frame.AsSpan(2058, 2000), SlotFlags.MoreFragments);
        host.Put(frame.AsSpan(4058), SlotFlags.None);
        host.Put(frame.AsSpan(0, 100), SlotFlags.None);
        client.TxSync().Should().Be(0);
        nic.Stack.Received.Should().HaveCount(2);
        nic.Stack.Received.First().Should().Equal(frame);
        nic.Stack.Received.Last().Should().Equal(frame[..100]);
    }

    [Fact]
    public void Impossible_frames_are_dropped_and_those_behind_them_are_not()
    {
        (NetmapClient client, MemoryAdapter nic) = OpenBoth();
        ClientRing host = client.TxRings[1]!;
        byte[] good = Frames.Make(1, 2, 100);
        for (int i = 0; i < 70; i++)
        {
            host.Put(good, SlotFlags.MoreFragments);
        }

        host.Put(good);
        host.Put(good);
        host.Put(good, SlotFlags.MoreFragments);
        host.Slot(host.Head).Length = 3000;
        host.Slot(host.Head).Flags = SlotFlags.None;
        host.Advance(1);
        host.Put(good);
        host.Put(good, SlotFlags.MoreFragments);
        client.TxSync().Should().Be(0);
        nic.Stack.Received.Should().HaveCount(2).And.AllSatisfy(frame => frame.Should().Equal(good));
        host.Tail.Should().Be((host.Head + host.NumSlots - 1) % host.NumSlots, "a host ring is never full after a sync");
    }

    [Fact]
    public unsafe void Forwarding_keeps_frames_whole_both_ways()
    {
        (NetmapClient client, MemoryAdapter nic) = OpenBoth();
        client.Rx.Shared->Flags = RingFlags.Forward;
        byte[] frame = Frames.Make(1, 2, 5000);
        nic.Arrive(frame);
        client.RxSync().Should().Be(0);
        client.Rx.Slot(client.Rx.Head).Flags |= SlotFlags.Forward;
        client.Rx.TakeAll().Should().HaveCount(3);
        client.RxSync().Should().Be(0);
        nic.Stack.Received.Should().ContainSingle().Which.Should().Equal(frame);

        ClientRing host = client.RxRings[1]!;
        host.Shared->Flags = RingFlags.Forward;
        nic.Stack.Send(frame);
        client.RxSync().Should().Be(0);
        host.Slot(host.Head).Flags |= SlotFlags.Forward;
        host.TakeAll().Should().HaveCount(3);
        client.RxSync().Should().Be(0);
        client.Tx.Head.Should().Be(3);
        List<byte> sent = [];
        for (uint i = 0; i < 3; i++)
        {
            NetmapSlot slot = client.Tx.Slot(i);
            ((slot.Flags & SlotFlags.MoreFragments) != 0).Should().Be(i < 2);
            sent.AddRange(client.Tx.Buffer(slot.BufferIndex)[..slot.Length]);
        }

        sent.Should().Equal(frame);
    }

    private (NetmapClient Client, MemoryAdapter Nic) OpenBoth()
    {
        MemoryAdapters interfaces = ((HostFixture)Device).Interfaces;
        interfaces.Add(Name, MemoryAdapter.Usual with
        {
            Rings = new PortRings(1, 1, 256, 256),
            Mtu = 9000,
            ReceiveBufferMax = 2048,
        });
        NetmapClient client = Open().Register(Name, new NmreqRegister { Mode = RegisterMode.NicAndHost });
        MemoryAdapter nic = interfaces[Name];
        nic.Stack.LongestFrame = Longest;
        return (client, nic);
    }
}

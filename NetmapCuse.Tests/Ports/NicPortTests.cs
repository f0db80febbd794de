using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Ports;

public sealed class NicPortTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string Name = "nmport0";
    private const string Peer = "nmport1";

    [Fact]
    public void Two_wired_interfaces_pass_frames_and_wake_each_other()
    {
        MemoryAdapter.Wire(Add(Name), Add(Peer));
        NetmapClient a = Open().Register(Name);
        NetmapClient b = Open().Register(Peer);
        for (int round = 0; round < 20; round++)
        {
            byte[][] frames = [.. Enumerable.Range(0, 40).Select(i => Frames.Make(2, 1, 60 + i, seed: (round * 100) + i))];
            a.Send(frames);
            (b.Poll(PollIn, 2000) & PollIn).Should().NotBe(0);
            b.Receive().Should().BeEquivalentTo(frames, options => options.WithStrictOrdering());
        }

        a.Rx.Ready.Should().Be(0);
        a.Tx.Ready.Should().Be(63, "everything that was sent is complete");
        DeviceBooks.Audit(Device.Device);
    }

    /// <summary>ethtool -L while nobody is bound and a pipe keeps the port: the next program gets the rings that there are.</summary>
    [Theory]
    [InlineData(4, 1)]
    [InlineData(1, 4)]
    public void Rings_that_an_interface_got_or_lost_meanwhile_are_noticed(int before, int after)
    {
        AdapterProperties Rings(int count) => MemoryAdapter.Usual with { Rings = new PortRings((uint)count, (uint)count, 64, 64) };
        Add(Name, Rings(before));
        NetmapClient first = Open().Register(Name);
        NetmapClient pipe = Open().Register(Name + "{1");
        first.Dispose();
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
        Interfaces[Name].Properties = Rings(after);

        NetmapClient second = Open().Register(Name);

        second.Reg.RxRings.Should().Be((ushort)after);
        second.Reg.TxRings.Should().Be((ushort)after);
        pipe.Dispose();
    }

    [Fact]
    public void A_sleeping_receiver_is_woken()
    {
        Add(Name);
        NetmapClient client = Open().Register(Name);
        MemoryAdapter nic = Interfaces[Name];
        using Timer later = new(_ => nic.Arrive(Frames.Make(1, 2)), null, 100, Timeout.Infinite);
        (client.Poll(PollIn, 5000) & PollIn).Should().NotBe(0);
        client.Receive().Should().ContainSingle();
    }

    [Fact]
    public void Registration_tells_rings_slots_host_rings_and_region_one()
    {
        Add(Name, MemoryAdapter.Usual with { Rings = new PortRings(2, 3, 128, 256) });
        NmreqRegister reg = Open().Register(Name, new NmreqRegister { TxSlots = 7, TxRings = 9 }).Reg;
        (reg.TxRings, reg.RxRings, reg.TxSlots, reg.RxSlots).Should().Be((2, 3, 128u, 256u));
        (reg.HostTxRings, reg.HostRxRings, reg.MemoryId).Should().Be((1, 1, 1));
    }

    [Fact]
    public void Host_rings_can_be_several_while_nobody_is_bound()
    {
        Add(Name);
        NetmapClient first = Open().Register(
            Name, new NmreqRegister { Mode = RegisterMode.OneHost, RingId = 2, HostTxRings = 3, HostRxRings = 3 });
        first.Reg.HostRxRings.Should().Be(3);
        Open().Register(Name, new NmreqRegister { HostRxRings = 5 }).Reg.HostRxRings.Should().Be(3);
        Open().TryRegister(Name, new NmreqRegister { Mode = RegisterMode.OneHost, RingId = 3 }).Should().Be(Errno.Inval);
    }

    [Fact]
    public void A_port_goes_with_the_interface_and_not_with_the_name()
    {
        Add(Name);
        NetmapClient first = Open().Register(Name);
        Interfaces.Rename(Name, Peer);
        Open().TryRegister(Name).Should().Be(Errno.NxIo);
        NetmapClient again = Open().Register(Peer);
        (again.Reg.Offset + (ulong)again.RingOffsets()[0]).Should().Be(first.Reg.Offset + (ulong)first.RingOffsets()[0]);
        Add(Name);
        NetmapClient other = Open().Register(Name);
        (other.Reg.Offset + (ulong)other.RingOffsets()[0]).Should().NotBe(first.Reg.Offset + (ulong)first.RingOffsets()[0]);
        DeviceBooks.Audit(Device.Device);
    }

    [Fact]
    public void Host_modes_need_host_rings()
    {
        Add(Name, MemoryAdapter.Usual with { HostRings = 0 });
        Open().TryRegister(Name, new NmreqRegister { Mode = RegisterMode.Host }).Should().Be(Errno.Inval);
        Open().TryRegister(Name, new NmreqRegister { Mode = RegisterMode.NicAndHost }).Should().Be(Errno.Inval);
        Open().TryRegister(Name, new NmreqRegister { Mode = RegisterMode.OneHost }).Should().Be(Errno.Inval);
        Open().Register(Name).Reg.HostTxRings.Should().Be(0);
    }

    [Theory]
    [InlineData(9000u, 32768u, true, Errno.Inval)]
    [InlineData(1500u, 0u, true, Errno.Io)]
    [InlineData(2048u, 4096u, false, Errno.Ok)]
    [InlineData(2049u, 4096u, false, Errno.Inval)]
    [InlineData(9000u, 2048u, true, Errno.Ok)]
    [InlineData(9000u, 2048u, false, Errno.Inval)]
    public void The_mtu_has_to_fit_when_rx_rings_are_bound(uint mtu, uint largest, bool splits, int error)
    {
        Add(Name, MemoryAdapter.Usual with { Mtu = mtu, ReceiveBufferMax = largest, SplitsFrames = splits });
        NetmapClient client = Open();
        client.TryRegister(Name).Should().Be(error);
        client.Dispose();
        WaitForFiles(0);
        Open().TryRegister(Name, new NmreqRegister { Flags = RegisterFlags.TxRingsOnly }).Should().Be(0);
    }

    [Fact]
    public void Long_frames_come_over_several_slots()
    {
        Add(Name, MemoryAdapter.Usual with { Mtu = 9000, ReceiveBufferMax = 2048 });
        NetmapClient client = Open().Register(Name);
        byte[] frame = Frames.Make(1, 2, 5000);
        Interfaces[Name].Arrive(frame);
        client.RxSync().Should().Be(0);
        client.Rx.Ready.Should().Be(3);
        SlotFlags[] flags = [.. Enumerable.Range(0, 3).Select(i => client.Rx.Slot((uint)i).Flags)];
        flags.Should().Equal(SlotFlags.MoreFragments, SlotFlags.MoreFragments, SlotFlags.None);
        client.Rx.TakeAll().SelectMany(part => part).Should().Equal(frame);
    }

    [Fact]
    public void Bad_lengths_and_indexes_harm_nobody()
    {
        MemoryAdapter nic = Add(Name);
        NetmapClient client = Open().Register(Name);
        client.Tx.Slot(0).BufferIndex = uint.MaxValue;
        client.Tx.Slot(1).Length = 60000;
        client.Tx.Slot(0).Length = 60;
        client.Tx.Advance(2);
        client.TxSync().Should().Be(0);
        Interfaces[Name].Sent.Select(frame => frame.Length).Should().Equal(60, 2048);
        nic.Arrive(Frames.Make(1, 2));
        client.RxSync().Should().Be(0);
        client.Rx.Slot(0).BufferIndex = 0;
        client.Rx.Slot(0).Flags = SlotFlags.BufferChanged;
        client.Rx.Advance(1);
        client.RxSync().Should().Be(0);
        client.Rx.Slot(0).Flags.Should().Be(SlotFlags.None);
    }

    [Fact]
    public void The_host_ring_sends_up_and_drops_what_is_no_frame()
    {
        Add(Name);
        NetmapClient client = Open().Register(Name, new NmreqRegister { Mode = RegisterMode.Host });
        ClientRing host = client.TxRings[1]!;
        byte[] good = Frames.Make(1, 2);
        host.Put(good, SlotFlags.Forward);
        host.Put(good.AsSpan(0, 13));
        client.TxSync().Should().Be(0);
        Interfaces[Name].Stack.Received.Should().ContainSingle().Which.Should().Equal(good);
        host.Slot(0).Flags.Should().Be(SlotFlags.None);
        host.Tail.Should().Be(1, "a host ring is never full after a sync");
    }

    [Fact]
    public void The_host_is_heard_only_while_the_nic_rings_are_bound()
    {
        Add(Name);
        NetmapClient hostOnly = Open().Register(Name, new NmreqRegister { Mode = RegisterMode.Host });
        MemoryAdapter nic = Interfaces[Name];
        byte[] frame = Frames.Make(2, 1);
        nic.Stack.Send(frame);
        nic.Sent.Should().ContainSingle();
        NetmapClient both = Open().Register(Name);
        nic.Stack.Send(frame);
        (hostOnly.Poll(PollIn, 2000) & PollIn).Should().NotBe(0);
        hostOnly.Receive(ring: 1).Should().ContainSingle().Which.Should().Equal(frame);
        nic.Sent.Should().ContainSingle();
        both.Dispose();
    }

    [Fact]
    public void Released_slots_with_NS_FORWARD_go_up_when_the_ring_says_so()
    {
        Add(Name);
        NetmapClient client = Open().Register(Name, new NmreqRegister { Mode = RegisterMode.NicAndHost });
        MemoryAdapter nic = Interfaces[Name];
        Forwarded(withRingFlag: false).Should().BeEmpty();
        Forwarded(withRingFlag: true).Should().ContainSingle();

        unsafe List<byte[]> Forwarded(bool withRingFlag)
        {
            client.Rx.Shared->Flags = withRingFlag ? RingFlags.Forward : RingFlags.None;
            nic.Arrive(Frames.Make(1, 2, seed: 1));
            nic.Arrive(Frames.Make(1, 2, seed: 2));
            client.RxSync().Should().Be(0);
            uint first = client.Rx.Head;
            client.Rx.Ready.Should().Be(2);
            client.Rx.Slot(first).Flags = SlotFlags.Forward;
            client.Rx.Advance(2);
            client.RxSync().Should().Be(0);
            List<byte[]> up = [.. nic.Stack.Received];
            nic.Stack.Received.Clear();
            return up;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void Released_host_slots_go_down_by_swap_at_once_with_poll(bool byPoll)
    {
        Add(Name);
        NetmapClient client = Open().Register(Name, new NmreqRegister { Mode = RegisterMode.NicAndHost });
        MemoryAdapter nic = Interfaces[Name];
        ClientRing host = client.RxRings[1]!;
        host.Shared->Flags = RingFlags.Forward;
        byte[] wanted = Frames.Make(2, 1, seed: 1);
        nic.Stack.Send(wanted);
        nic.Stack.Send(Frames.Make(2, 1, seed: 2));
        client.RxSync().Should().Be(0);
        host.Ready.Should().Be(2);
        uint buffer = host.Slot(0).BufferIndex;
        host.Slot(0).Flags = SlotFlags.Forward;
        host.Advance(2);
        if (byPoll)
        {
            client.Poll(PollIn);
        }
        else
        {
            client.RxSync().Should().Be(0);
            nic.Sent.Should().BeEmpty();
            client.Tx.Head.Should().Be(1);
            client.TxSync().Should().Be(0);
        }

        nic.Sent.Should().ContainSingle().Which.Should().Equal(wanted);
        client.Tx.Slot(0).BufferIndex.Should().Be(buffer);
    }

    [Fact]
    public void Parameter_fwd_forwards_everything()
    {
        Add(Name);
        Device.Device.Parameters.SetAtStart("fwd", "1").Should().Be(0);
        try
        {
            NetmapClient client = Open().Register(Name, new NmreqRegister { Mode = RegisterMode.NicAndHost });
            MemoryAdapter nic = Interfaces[Name];
            nic.Arrive(Frames.Make(1, 2, seed: 1));
            nic.Stack.Send(Frames.Make(2, 1));
            client.RxSync().Should().Be(0);
            client.Rx.TakeAll();
            client.RxRings[1]!.TakeAll();
            client.Poll(PollIn);
            nic.Stack.Received.Should().ContainSingle();
            nic.Sent.Should().ContainSingle();
        }
        finally
        {
            Device.Device.Parameters.SetAtStart("fwd", "0");
        }
    }

    [Fact]
    public void A_region_of_another_port_is_used_until_the_last_close()
    {
        Add(Name);
        NetmapClient vale = Open().Register("valeN:a");
        NetmapClient nic = Open().Register(Name, new NmreqRegister { MemoryId = vale.Reg.MemoryId, ExtraBuffers = 5 });
        nic.Reg.MemoryId.Should().Be(vale.Reg.MemoryId);
        nic.ExtraBuffers().Should().HaveCount(5);
        NmreqPortInfoGet info = new() { MemoryId = 1 };
        vale.Control(RequestType.PortInfoGet, Name, ref info).Should().Be(0);
        info.MemoryId.Should().Be(vale.Reg.MemoryId, "a question changes nothing");
        vale.Dispose();
        WaitForFiles(1);
        Interfaces[Name].Arrive(Frames.Make(1, 2));
        nic.Receive().Should().ContainSingle();
        nic.Dispose();
        WaitForFiles(0);
        Open().Register(Name).Reg.MemoryId.Should().Be(1);
    }

    [Fact]
    public void Loss_of_the_interface_wakes_and_ends_all_syncs()
    {
        Add(Name);
        NetmapClient client = Open().Register(Name);
        using Timer later = new(_ => Interfaces.Remove(Name), null, 100, Timeout.Infinite);
        (client.Poll(PollIn, 30_000) & PollErr).Should().NotBe(0);
        client.RxSync().Should().Be(Errno.Io);
        client.TxSync().Should().Be(Errno.Io);
    }

    [Fact]
    public void An_interface_that_is_gone_is_ENXIO_and_its_successor_can_be_opened()
    {
        Add(Name);
        NetmapClient client = Open().Register(Name);
        NetmapClient pipe = Open().Register(Name + "{1");
        Interfaces.Remove(Name);
        (client.Poll(PollIn, 30_000) & PollErr).Should().NotBe(0);
        NmreqPortInfoGet info = default;
        Open().TryRegister(Name).Should().Be(Errno.NxIo);
        client.Control(RequestType.PortInfoGet, Name, ref info).Should().Be(Errno.NxIo);
        client.Attach("valeA:" + Name).Should().Be(Errno.Inval);

        Add(Name);
        NetmapClient next = Open().Register(Name);
        byte[] frame = Frames.Make(1, 2);
        Interfaces[Name].Arrive(frame);
        next.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        client.RxSync().Should().Be(Errno.Io, "it has the port of the old one");
        client.Dispose();
        pipe.Dispose();
        WaitForFiles(2);
        next.Send(frame);
        Interfaces[Name].Sent.Should().ContainSingle().Which.Should().Equal(frame);
        Open().Register(Name).Reg.MemoryId.Should().Be(1);
    }

    [Fact]
    public void An_attached_interface_that_is_gone_can_be_detached_and_its_successor_attached()
    {
        Add(Name);
        NetmapClient client = Open();
        client.Attach("valeA:" + Name).Should().Be(0);
        NetmapClient monitor = Open().Register(Name, new NmreqRegister { Flags = RegisterFlags.MonitorRx });
        Interfaces.Remove(Name);
        SpinWait.SpinUntil(() => Open().TryRegister(Name) == Errno.NxIo, TimeSpan.FromSeconds(30)).Should().BeTrue();
        client.Attach("valeA:" + Name).Should().Be(Errno.Busy, "the name is taken");
        client.Detach("valeA:" + Name).Should().Be(0);
        monitor.Poll(PollIn).Should().Be(PollErr);

        Add(Name);
        client.Attach("valeA:" + Name).Should().Be(0);
        client.Detach("valeA:" + Name).Should().Be(0);
    }

    [Fact]
    public void Native_only_is_EOPNOTSUPP_where_there_is_no_native_driver()
    {
        Add(Name);
        Device.Device.Parameters.SetAtStart("admode", "1").Should().Be(0);
        Open().TryRegister(Name).Should().Be(Errno.OpNotSupp);
        Device.Device.Parameters.SetAtStart("admode", "17").Should().Be(0);
        Open().TryRegister(Name).Should().Be(0);
        Interfaces.LastSettings.Choice.Should().Be(AdapterChoice.Best);
        Device.Device.Parameters.Files.Single(file => file.Name == "admode").Read().Should().Be("0\n");
    }

    [Fact]
    public void Pipes_and_several_bindings_share_the_region()
    {
        Add(Name);
        NetmapClient pipe = Open().Register(Name + "{1");
        NetmapClient exclusive = Open().Register(Name, new NmreqRegister { Flags = RegisterFlags.Exclusive });
        Open().TryRegister(Name).Should().Be(Errno.Busy);
        pipe.Reg.MemoryId.Should().Be(1);
        exclusive.Dispose();
        WaitForFiles(2);
        Open().Register(Name, new NmreqRegister { Mode = RegisterMode.OneNic });
    }

    private const int PollIn = 1;
    private const int PollErr = 8;

    private MemoryAdapters Interfaces => ((HostFixture)Device).Interfaces;

    private MemoryAdapter Add(string name, AdapterProperties? properties = null) => Interfaces.Add(name, properties);

    private void WaitForFiles(int count) =>
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == count, TimeSpan.FromSeconds(30)).Should().BeTrue();
}

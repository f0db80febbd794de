using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Naming;

public sealed class AttachTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string OnSwitch = "valeA:nmnic0";

    [Fact]
    public void Attach_refuses_what_the_table_says()
    {
        Nic();
        NetmapClient client = Open();
        client.Attach("xale0:nmnic0").Should().Be(Errno.Inval);
        client.Attach("vale!:nmnic0").Should().Be(Errno.NoMem);
        client.Attach("valeA:nobody").Should().Be(Errno.Inval);
        client.Attach(OnSwitch, new NmreqRegister { Mode = RegisterMode.AllNic, MemoryId = 777 }, out _).Should().Be(Errno.Inval);
        client.Attach(OnSwitch, RegisterMode.Host).Should().Be(Errno.Inval);
        client.Attach(OnSwitch, new NmreqRegister { Mode = RegisterMode.AllNic, RingId = 1 }, out _).Should().Be(Errno.Inval);

        NetmapClient user = Open().Register("nmnic0");
        client.Attach(OnSwitch).Should().Be(Errno.Busy);
        user.Dispose();
        NetmapClient ephemeral = Open().Register("valeA:x");
        client.Attach("valeA:x").Should().Be(Errno.Busy);
        client.Detach("valeA:x").Should().Be(Errno.Busy);
        ephemeral.Dispose();
    }

    /// <summary>A client can have a port with the name that the host rings of an interface would get.</summary>
    [Fact]
    public void A_name_that_is_taken_refuses_the_host_rings_and_nothing_is_left_of_the_attempt()
    {
        Nic();
        NetmapClient client = Open();
        NetmapClient squatter = Open().Register(OnSwitch + "^");

        client.Attach(OnSwitch, RegisterMode.NicAndHost).Should().Be(Errno.Busy);

        client.Attach(OnSwitch).Should().Be(0, "without host rings nothing is in the way");
        client.Detach(OnSwitch).Should().Be(0);
        squatter.Dispose();
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
        client.Attach(OnSwitch, RegisterMode.NicAndHost).Should().Be(0);
        client.Detach(OnSwitch).Should().Be(0);
        DeviceBooks.Audit(Device.Device);
    }

    [Fact]
    public void Detach_refuses_what_the_table_says()
    {
        NetmapClient client = Open();
        client.Detach("nmnic0").Should().Be(Errno.Inval);
        client.Detach("valeA:nmnic0").Should().Be(Errno.NxIo);
    }

    [Fact]
    public void An_attached_interface_is_the_switchs_and_comes_back_with_detach()
    {
        MemoryAdapter nic = Nic();
        NetmapClient client = Open();
        client.Attach(OnSwitch, new NmreqRegister { Mode = RegisterMode.AllNic }, out uint index).Should().Be(0);
        index.Should().Be(0);
        Current.IsOpen.Should().BeTrue();
        client.List().Should().Equal(OnSwitch);
        client.Attach(OnSwitch).Should().Be(Errno.Busy);
        client.Attach("valeB:nmnic0").Should().Be(Errno.Busy);
        Open().TryRegister("nmnic0").Should().Be(Errno.Busy);
        Open().TryRegister(OnSwitch).Should().Be(Errno.Busy);
        Open().TryRegister("nmnic0{1").Should().Be(Errno.Busy);
        NmreqPortInfoGet info = default;
        client.Control(RequestType.PortInfoGet, "nmnic0", ref info).Should().Be(0);
        info.TxSlots.Should().Be(64);
        info.HostRxRings.Should().Be(1);
        info.MemoryId.Should().Be(1);
        client.Control(RequestType.PortInfoGet, OnSwitch, ref info).Should().Be(0);
        client.Detach(OnSwitch).Should().Be(0);
        client.List().Should().BeEmpty();
        nic.IsOpen.Should().BeFalse();
    }

    [Fact]
    public void Frames_pass_between_the_wire_and_a_program()
    {
        Nic();
        NetmapClient program = Open().Register("valeA:prog");
        NetmapClient client = Open();
        client.Attach(OnSwitch).Should().Be(0);
        MemoryAdapter nic = Current;

        byte[][] fromWire = [.. Enumerable.Range(0, 300).Select(i => Frames.Make(1, 2, seed: i))];
        foreach (byte[] frame in fromWire)
        {
            nic.Arrive(frame);
        }

        List<byte[]> received = [];
        SpinWait.SpinUntil(
            () =>
            {
                received.AddRange(program.Receive());
                return received.Count == fromWire.Length;
            },
            TimeSpan.FromSeconds(30)).Should().BeTrue();
        received.Should().BeEquivalentTo(fromWire, options => options.WithStrictOrdering());

        byte[] toWire = Frames.Make(2, 1, 1514);
        program.Send(toWire);
        nic.Sent.Should().ContainSingle().Which.Should().Equal(toWire);
        program.Dispose();
        client.Detach(OnSwitch).Should().Be(0);
    }

    [Fact]
    public void An_interface_that_completes_nothing_takes_all_but_one_slot_and_recovers()
    {
        Nic();
        NetmapClient program = Open().Register("valeA:prog");
        NetmapClient client = Open();
        client.Attach(OnSwitch).Should().Be(0);
        MemoryAdapter nic = Current;
        nic.HoldsCompletions = true;
        program.Send([.. Enumerable.Range(0, 100).Select(i => Frames.Make(Frames.Broadcast, 1, seed: i))]);
        nic.Sent.Should().HaveCount(63);
        nic.Complete();
        SpinWait.SpinUntil(
            () =>
            {
                program.Send(Frames.Make(Frames.Broadcast, 1));
                return nic.Sent.Count > 63;
            },
            TimeSpan.FromSeconds(30)).Should().BeTrue();
        program.Dispose();
        client.Detach(OnSwitch).Should().Be(0);
    }

    [Fact]
    public void With_host_rings_the_host_is_a_station_of_its_own()
    {
        Nic();
        NetmapClient client = Open();
        client.Attach(OnSwitch, RegisterMode.NicAndHost).Should().Be(0);
        client.List().Should().Equal(OnSwitch, OnSwitch + "^");
        MemoryAdapter nic = Current;

        byte[] fromHost = Frames.Make(Frames.Broadcast, 5);
        nic.Stack.Send(fromHost);
        SpinWait.SpinUntil(() => !nic.Sent.IsEmpty, TimeSpan.FromSeconds(30)).Should().BeTrue();
        nic.Sent.Should().ContainSingle().Which.Should().Equal(fromHost);

        byte[] answer = Frames.Make(5, 6);
        nic.Arrive(answer);
        SpinWait.SpinUntil(() => !nic.Stack.Received.IsEmpty, TimeSpan.FromSeconds(30)).Should().BeTrue();
        nic.Stack.Received.Should().ContainSingle().Which.Should().Equal(answer);
        client.Detach(OnSwitch + "^").Should().Be(Errno.Busy);
        client.Detach(OnSwitch).Should().Be(0);
        client.List().Should().BeEmpty();
    }

    [Fact]
    public void Detaching_under_load_ends_and_leaves_nothing_behind()
    {
        for (int round = 0; round < 10; round++)
        {
            Nic();
            NetmapClient program = Open().Register("valeA:prog");
            NetmapClient client = Open();
            client.Attach(OnSwitch).Should().Be(0);
            MemoryAdapter nic = Current;
            using CancellationTokenSource ending = new();
            Thread wire = new(() =>
            {
                for (int i = 0; !ending.IsCancellationRequested && i < 20000; i++)
                {
                    nic.Arrive(Frames.Make(1, 2));
                }
            });
            wire.Start();
            program.Send([.. Enumerable.Range(0, 500).Select(i => Frames.Make(Frames.Broadcast, 1, seed: i))]);
            client.Detach(OnSwitch).Should().Be(0);
            ending.Cancel();
            wire.Join();
            program.Dispose();
            client.Dispose();
        }
    }

    [Fact]
    public void A_failing_driver_leaves_the_interface_alone()
    {
        MemoryAdapter nic = Nic();
        nic.OpenError = Errno.Busy;
        NetmapClient client = Open();
        client.Attach(OnSwitch).Should().Be(Errno.Busy);
        client.List().Should().BeEmpty();
    }

    [Theory]
    [InlineData("nmnic0")]
    [InlineData(OnSwitch)]
    public void A_copy_monitor_sees_what_the_switch_sends_and_what_arrives(string name)
    {
        Nic();
        NetmapClient program = Open().Register("valeA:prog");
        NetmapClient client = Open();
        client.Attach(OnSwitch).Should().Be(0);
        MemoryAdapter nic = Current;
        NetmapClient monitor = Open().Register(
            name, new NmreqRegister { Flags = RegisterFlags.MonitorRx | RegisterFlags.MonitorTx });
        byte[][] toWire = [.. Enumerable.Range(0, 50).Select(i => Frames.Make(Frames.Broadcast, 1, 60 + i, i))];
        program.Send(toWire[..20]);
        program.Send(toWire[20..]);
        List<(byte[] Data, SlotFlags Flags)> seen = TakeAll(monitor, toWire.Length);
        seen.Select(slot => slot.Data).Should().BeEquivalentTo(toWire, options => options.WithStrictOrdering());
        seen.Should().OnlyContain(slot => (slot.Flags & SlotFlags.TxMonitored) != 0);

        byte[] fromWire = Frames.Make(1, 2);
        nic.Arrive(fromWire);
        seen = TakeAll(monitor, 1);
        seen.Should().ContainSingle().Which.Data.Should().Equal(fromWire);
        (seen[0].Flags & SlotFlags.TxMonitored).Should().Be(SlotFlags.None);

        client.Detach(OnSwitch).Should().Be(0);
        monitor.Poll((int)PollEvents.In).Should().Be((int)PollEvents.Error);
        program.Dispose();
    }

    [Fact]
    public async Task A_sleeping_monitor_is_woken_by_the_detach()
    {
        Nic();
        NetmapClient client = Open();
        client.Attach(OnSwitch).Should().Be(0);
        NetmapClient monitor = Open().Register("nmnic0", new NmreqRegister { Flags = RegisterFlags.MonitorTx });
        Task<int> sleeper = Task.Run(
            () => monitor.Poll((int)PollEvents.In, 60_000), TestContext.Current.CancellationToken);
        client.Detach(OnSwitch).Should().Be(0);
        (await sleeper).Should().Be((int)PollEvents.Error);
    }

    [Fact]
    public void A_zero_copy_monitor_sees_what_the_switch_sends_when_it_has_gone()
    {
        Nic();
        NetmapClient program = Open().Register("valeA:prog");
        NetmapClient client = Open();
        client.Attach(OnSwitch).Should().Be(0);
        MemoryAdapter nic = Current;
        NetmapClient monitor = Open().Register("nmnic0", new NmreqRegister { Flags = RegisterFlags.ZeroCopyMonitor });
        nic.HoldsCompletions = true;
        byte[][] toWire = [.. Enumerable.Range(0, 20).Select(i => Frames.Make(Frames.Broadcast, 1, 60 + i, i))];
        program.Send(toWire);
        nic.Sent.Should().HaveCount(toWire.Length);
        monitor.RxSync();
        monitor.Rx.Ready.Should().Be(0, "nothing has left yet");

        nic.Complete();
        List<(byte[] Data, SlotFlags Flags)> seen = TakeAll(monitor, toWire.Length);
        seen.Select(slot => slot.Data).Should().BeEquivalentTo(toWire, options => options.WithStrictOrdering());
        for (int i = 0; i < 10; i++)
        {
            program.Send(toWire);
            TakeAll(monitor, toWire.Length).Should().HaveCount(toWire.Length);
        }

        nic.Sent.Should().HaveCount(11 * toWire.Length);
        client.Detach(OnSwitch).Should().Be(0);
        program.Dispose();
    }

    [Fact]
    public void Monitors_of_host_rings_see_what_the_switch_has_for_the_host()
    {
        Nic();
        NetmapClient program = Open().Register("valeA:prog");
        NetmapClient client = Open();
        client.Attach(OnSwitch, RegisterMode.NicAndHost).Should().Be(0);
        NetmapClient monitor = Open().Register(
            "nmnic0", new NmreqRegister { Mode = RegisterMode.Host, Flags = RegisterFlags.MonitorTx });
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        program.Send(frame);
        Current.Stack.Received.Should().ContainSingle().Which.Should().Equal(frame);
        monitor.RxSync();
        monitor.RxRings[1]!.TakeAll().Should().ContainSingle().Which.Should().Equal(frame);
        client.Detach(OnSwitch).Should().Be(0);
        program.Dispose();
    }

    [Fact]
    public void Polling_mode_is_checked_and_remembered()
    {
        Nic();
        NetmapClient client = Open();
        client.Polling("nmnic0", true, 1, 0, 1).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 1, 0, 1).Should().Be(Errno.NxIo);
        NetmapClient ephemeral = Open().Register("valeA:x");
        client.Polling("valeA:x", true, 1, 0, 1).Should().Be(Errno.OpNotSupp);
        client.Attach(OnSwitch).Should().Be(0);
        client.Polling(OnSwitch, false, 1, 0, 1).Should().Be(Errno.Fault);
        client.Polling(OnSwitch, true, 1, 0, 0).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 3, 0, 1).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 2, 1, 1).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 1, 0, (uint)Environment.ProcessorCount).Should().Be(Errno.Inval);
        if (Environment.ProcessorCount > 1)
        {
            client.Polling(OnSwitch, true, 1, 0, 1).Should().Be(0);
            client.Polling(OnSwitch, true, 1, 0, 1).Should().Be(Errno.Fault);
            client.Detach(OnSwitch).Should().Be(Errno.Busy);
            client.Polling(OnSwitch, false, 1, 0, 1).Should().Be(0);
        }

        client.Detach(OnSwitch).Should().Be(0);
        ephemeral.Dispose();
    }

    /// <summary>Reads until so many slots have come.</summary>
    private static List<(byte[] Data, SlotFlags Flags)> TakeAll(NetmapClient client, int count)
    {
        List<(byte[] Data, SlotFlags Flags)> slots = [];
        SpinWait.SpinUntil(
            () =>
            {
                client.RxSync();
                while (client.Rx.Ready != 0)
                {
                    slots.Add(client.Rx.Take());
                }

                return slots.Count >= count;
            },
            TimeSpan.FromSeconds(30)).Should().BeTrue();
        return slots;
    }

    private MemoryAdapters Interfaces => ((HostFixture)Device).Interfaces;

    private MemoryAdapter Nic() => Interfaces.Add("nmnic0");

    /// <summary>The adapter that the port has now: each new port gets a fresh one.</summary>
    private MemoryAdapter Current => Interfaces["nmnic0"];
}

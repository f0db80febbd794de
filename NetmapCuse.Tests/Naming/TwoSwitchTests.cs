using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Naming;

/// <summary>Persistent ports that are attached to a second switch (reference/netmap-behaviour.md section 10.2).</summary>
[Collection(MountTests.Name)]
public sealed class TwoSwitchTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string Name = "nmtwo-p0";
    private const string Other = "nmtwo-p1";
    private const string First = "vale1:" + Name;
    private const string Second = "vale2:" + Name;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Frames_pass_from_either_switch_to_the_other_in_order()
    {
        NetmapClient client = Join();
        client.List().Should().Equal(First, Second);
        NetmapClient a = Open().Register("vale1:a");
        NetmapClient b = Open().Register("vale2:b");

        byte[][] there = [.. Enumerable.Range(0, 700).Select(i => Frames.Make(Frames.Broadcast, 1, 60 + i, i))];
        byte[][] back = [.. Enumerable.Range(0, 700).Select(i => Frames.Make(1, 2, 60 + i, i))];
        a.Send(there);
        b.Receive().Should().BeEquivalentTo(there, options => options.WithStrictOrdering());
        b.Send(back);
        a.Receive().Should().BeEquivalentTo(back, options => options.WithStrictOrdering());
        b.Receive().Should().BeEmpty("nothing comes back to where it came from");

        Detach(client);
        a.Send(there[..3]);
        b.Receive().Should().BeEmpty();
        End(client, First);
    }

    [Fact]
    public void The_port_belongs_to_the_switches_until_the_second_attachment_ends()
    {
        NetmapClient client = Join();
        Open().TryRegister(Name).Should().Be(Errno.Busy);
        Open().TryRegister(First).Should().Be(Errno.Busy);
        Open().TryRegister(Second).Should().Be(Errno.Busy);
        Open().TryRegister(Name + "{1").Should().Be(Errno.Busy);
        NmreqPortInfoGet info = default;
        client.Control(RequestType.PortInfoGet, Second, ref info).Should().Be(0);
        info.TxSlots.Should().Be(1024);
        client.Polling(Second, true, 1, 0, 1).Should().Be(Errno.OpNotSupp);
        client.Detach(First).Should().Be(Errno.Busy);
        client.DeleteInterface(Name).Should().Be(Errno.Busy);
        client.Attach(Second).Should().Be(Errno.Busy);
        client.Attach("vale3:" + Name).Should().Be(Errno.Busy);

        Detach(client);
        NetmapClient port = Open().Register(First);
        NetmapClient a = Open().Register("vale1:a");
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        a.Send(frame);
        port.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        client.Attach(Second).Should().Be(Errno.Busy, "a program has it");
        port.Dispose();
        WaitForUsers(Name);
        End(client, First);
    }

    [Fact]
    public void Ring_ids_modes_and_memory_ids_are_checked()
    {
        NetmapClient client = Join();
        Detach(client);
        client.Attach(Second, new NmreqRegister { Mode = RegisterMode.AllNic, RingId = 1 }, out _).Should().Be(Errno.Inval);
        client.Attach(Second, RegisterMode.OneNic).Should().Be(Errno.Inval);
        client.Attach(Second, new NmreqRegister { Mode = RegisterMode.AllNic, MemoryId = 777 }, out _).Should().Be(Errno.Inval);
        client.Attach(Second, RegisterMode.NicAndHost).Should().Be(0, "it has no host rings, and needs none");
        client.List().Should().Equal(First, Second);
        Detach(client);
        End(client, First);
    }

    [Fact]
    public void Switches_are_not_joined_in_a_circle()
    {
        NetmapClient client = Join();
        client.NewInterface(Other).Should().Be(0);
        client.Attach("vale1:" + Other).Should().Be(0);
        client.Attach("vale2:" + Other).Should().Be(Errno.Busy);
        client.Attach("vale3:" + Other).Should().Be(0, "a chain is no circle");
        client.List().Should().Equal(First, "vale1:" + Other, Second, "vale3:" + Other);

        NetmapClient b = Open().Register("vale2:b");
        NetmapClient c = Open().Register("vale3:c");
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        b.Send(frame);
        c.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        b.Receive().Should().BeEmpty();

        client.Detach("vale3:" + Other).Should().Be(0);
        client.Detach("vale1:" + Other).Should().Be(0);
        client.Attach("vale3:" + Other).Should().Be(0);
        client.Attach("vale2:" + Other).Should().Be(0);
        client.Detach("vale2:" + Other).Should().Be(0);
        client.Detach("vale3:" + Other).Should().Be(0);
        client.DeleteInterface(Other).Should().Be(0);
        Detach(client);
        End(client, First);
    }

    [Fact]
    public void The_header_of_the_port_is_that_of_both_its_places()
    {
        NetmapClient client = Join();
        NmreqPortHeader header = new() { HeaderLength = 12 };
        client.Control(RequestType.PortHeaderSet, Second, ref header).Should().Be(0);
        foreach (string name in (string[])[Name, First, Second])
        {
            header.HeaderLength = 0;
            client.Control(RequestType.PortHeaderGet, name, ref header).Should().Be(0);
            header.HeaderLength.Should().Be(12);
        }

        NetmapClient a = Open().Register("vale1:a");
        NetmapClient b = Open().Register("vale2:b");
        byte[] frame = Frames.Make(Frames.Broadcast, 1, 200);
        a.Send(frame);
        b.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        b.Send(frame);
        a.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        Detach(client);
        End(client, First);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Monitors_of_the_port_see_both_ways_and_are_told_of_the_end(bool isZeroCopy)
    {
        RegisterFlags flags = isZeroCopy
            ? RegisterFlags.ZeroCopyMonitor
            : RegisterFlags.MonitorRx | RegisterFlags.MonitorTx;
        NetmapClient client = Join();
        NetmapClient monitor = Open().Register(Name, new NmreqRegister { Flags = flags });
        NetmapClient a = Open().Register("vale1:a");
        NetmapClient b = Open().Register("vale2:b");
        byte[] there = Frames.Make(Frames.Broadcast, 1, seed: 1);
        byte[] back = Frames.Make(1, 2, seed: 2);
        a.Send(there);
        b.Send(back);
        monitor.RxSync().Should().Be(0);
        monitor.Rx.Take().Data.Should().Equal(there);
        (byte[] data, SlotFlags slot) = monitor.Rx.Take();
        data.Should().Equal(back);
        (slot & SlotFlags.TxMonitored).Should().Be(SlotFlags.TxMonitored);
        monitor.Rx.Ready.Should().Be(0);

        Detach(client);
        monitor.Poll((int)PollEvents.In).Should().Be((int)PollEvents.Error);
        a.Send(there);
        monitor.RxSync();
        monitor.Rx.Ready.Should().Be(0);
        End(client, First);
    }

    [Fact]
    public void Detaching_under_load_from_both_sides_leaves_nothing_behind()
    {
        NetmapClient client = Join();
        NetmapClient a = Open().Register("vale1:a");
        NetmapClient b = Open().Register("vale2:b");
        using CancellationTokenSource ending = new();
        Thread[] senders = [.. new[] { a, b }.Select(port => new Thread(() => SendUntil(port, ending.Token)))];
        Array.ForEach(senders, static thread => thread.Start());
        for (int round = 0; round < 20; round++)
        {
            Detach(client);
            client.Attach(Second).Should().Be(0);
        }

        ending.Cancel();
        Array.ForEach(senders, static thread => thread.Join());
        byte[] frame = Frames.Make(Frames.Broadcast, 7);
        SpinWait.SpinUntil(
            () =>
            {
                // Rings may be full of the others' frames, and some still be on their way.
                b.Send(frame);
                return a.Receive().Exists(one => one.SequenceEqual(frame));
            },
            s_patience).Should().BeTrue();
        Detach(client);
        End(client, First);
    }

    [Fact]
    public void The_end_of_the_device_takes_everything_apart()
    {
        const string Last = "nmtwo-p2";
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
        using (HostFixture own = new())
        {
            own.Require();
            using NetmapClient client = own.Open();
            client.NewInterface(Last).Should().Be(0);
            client.Attach("vale1:" + Last).Should().Be(0);
            client.Attach("vale2:" + Last).Should().Be(0);
            Directory.Exists("/sys/class/net/" + Last).Should().BeTrue();
        }

        SpinWait.SpinUntil(() => !Directory.Exists("/sys/class/net/" + Last), s_patience).Should().BeTrue();
    }

    private static void SendUntil(NetmapClient port, CancellationToken ending)
    {
        byte[][] batch = [.. Enumerable.Range(0, 32).Select(i => Frames.Make(Frames.Broadcast, 1, seed: i))];
        while (!ending.IsCancellationRequested)
        {
            port.Send(batch);
        }
    }

    /// <summary>A persistent port on two switches.</summary>
    private NetmapClient Join()
    {
        if (!File.Exists("/dev/net/tun"))
        {
            Assert.Skip("no /dev/net/tun");
        }

        // A process that is being started somewhere else in this one keeps a former interface of the name for a moment.
        NetmapClient client = Open();
        SpinWait.SpinUntil(() => client.NewInterface(Name) == 0, s_patience).Should().BeTrue();
        client.Attach(First).Should().Be(0);
        client.Attach(Second, new NmreqRegister { Mode = RegisterMode.AllNic }, out uint index).Should().Be(0);
        index.Should().Be(0);
        return client;
    }

    private static void Detach(NetmapClient client) => client.Detach(Second).Should().Be(0);

    private static void End(NetmapClient client, string first)
    {
        client.Detach(first).Should().Be(0);
        SpinWait.SpinUntil(() => client.DeleteInterface(Name) == 0, s_patience).Should().BeTrue();
    }

    private void WaitForUsers(string name) =>
        SpinWait.SpinUntil(
            () => Device.Device.Plane.Inspect(ports => ports.Ports.First(port => port.Name == name).Bindings) == 0, s_patience)
            .Should().BeTrue();
}

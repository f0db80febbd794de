using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Transport;
using NetmapCuse.Drivers.Common;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Tap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Drivers.Xdp;
using Xunit;

namespace NetmapCuse.Tests.Naming;

/// <summary>Clients in network namespaces: what is theirs alone, and what they share with others.</summary>
[Collection("real interfaces")]
public sealed class NamespaceTests(NamespaceTests.Fixture device) : DeviceTest(device), IClassFixture<NamespaceTests.Fixture>
{
    private const string Persistent = "nmns-p0";

    [Fact]
    public void A_switch_belongs_to_the_namespace_that_made_it()
    {
        using VethRig rig = new();
        NetmapClient[] first = [In(rig.A, "vale0:a"), In(rig.B, "vale0:a"), Open().Register("vale0:a")];
        NetmapClient[] second = [In(rig.A, "vale0:b"), In(rig.B, "vale0:b"), Open().Register("vale0:b")];
        for (int i = 0; i < first.Length; i++)
        {
            byte[] frame = Frames.Make(Frames.Broadcast, i + 1);
            first[i].Send(frame);
            second[i].Receive().Should().ContainSingle().Which.Should().Equal(frame);
        }

        second.Should().AllSatisfy(one => one.Receive().Should().BeEmpty("the frames of others stay where they are"));
        rig.A.Run(() => first[0].List()).Should().Equal("vale0:a", "vale0:b");
    }

    [Fact]
    public void Each_namespace_can_have_eight_switches()
    {
        using VethRig rig = new();
        foreach (NetworkNamespace place in (NetworkNamespace[])[rig.A, rig.B])
        {
            for (int i = 0; i < 8; i++)
            {
                _ = In(place, $"vale{i}:a");
            }

            place.Run(() => Open().TryRegister("vale8:a")).Should().Be(Errno.NoMem);
        }
    }

    [Fact]
    public void A_shared_switch_joins_all_namespaces()
    {
        using VethRig rig = new();
        NetmapClient a = In(rig.A, "valeshared:a");
        NetmapClient b = In(rig.B, "valeshared:b");
        NetmapClient c = Open().Register("valeshared:c");
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        a.Send(frame);
        b.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        c.Receive().Should().ContainSingle().Which.Should().Equal(frame);

        // The star in its pattern; and a switch whose name only begins like a shared one.
        NetmapClient d = In(rig.A, "valepub7:d");
        NetmapClient e = In(rig.B, "valepub7:e");
        NetmapClient f = In(rig.B, "valeshared1:f");
        d.Send(frame);
        e.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        f.Receive().Should().BeEmpty();

        rig.A.Run(() => a.List()).Should().Equal("valeshared:a", "valeshared:b", "valeshared:c", "valepub7:d", "valepub7:e");
        rig.B.Run(() => b.List()).Should().Equal(
            "valeshared1:f", "valeshared:a", "valeshared:b", "valeshared:c", "valepub7:d", "valepub7:e");
    }

    [Fact]
    public void The_indexes_that_a_list_tells_are_those_that_a_name_tells()
    {
        using VethRig rig = new();
        NetmapClient a = In(rig.A, "vale5:a");
        NetmapClient b = In(rig.A, "valeshared:b");
        foreach (string name in (string[])["vale5:a", "valeshared:b"])
        {
            NmreqValeList told = default;
            rig.A.Run(() => a.Control(RequestType.ValeList, name, ref told)).Should().Be(0);
            NmreqValeList next = told;
            rig.A.Run(() => b.NextListed(ref next)).Should().Be(name);
            next.Should().Be(told);
        }
    }

    [Fact]
    public void Pipes_meet_only_within_a_namespace_or_on_a_shared_switch()
    {
        using VethRig rig = new();
        NetmapClient masterA = In(rig.A, "vale1:x{1");
        NetmapClient slaveA = In(rig.A, "vale1:x}1");
        NetmapClient slaveB = In(rig.B, "vale1:x}1");
        NetmapClient master = In(rig.A, "valeshared:x{1");
        NetmapClient slave = In(rig.B, "valeshared:x}1");
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        masterA.Send(frame);
        slaveA.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        slaveB.Receive().Should().BeEmpty();
        master.Send(frame);
        slave.Receive().Should().ContainSingle().Which.Should().Equal(frame);
    }

    [Fact]
    public void A_persistent_port_shows_in_the_namespace_of_who_made_it_and_is_known_there_only()
    {
        using VethRig rig = new();
        NetmapClient client = Open();
        rig.A.Run(() => client.NewInterface(Persistent)).Should().Be(0);
        rig.LinksOfA().Should().Contain(Persistent);
        rig.A.Run(() => client.NewInterface(Persistent)).Should().Be(Errno.Exist);
        rig.B.Run(() => client.NewInterface(Persistent)).Should().Be(0, "it is another name there");
        client.DeleteInterface(Persistent).Should().Be(Errno.NxIo);
        Open().TryRegister(Persistent).Should().Be(Errno.NxIo);
        rig.A.Run(() => Open().TryRegister("vale0:" + Persistent)).Should().Be(Errno.Inval, "an interface has that name");
        Open().Register("vale0:" + Persistent);

        // A shared switch can have the ports of several namespaces, by names of their own.
        rig.A.Run(() => client.Attach("valeshared:" + Persistent)).Should().Be(0);
        rig.B.Run(() => client.Attach("valeshared:" + Persistent)).Should().Be(Errno.Busy);
        NetmapClient a = In(rig.A, Persistent);
        NetmapClient b = In(rig.B, "valeshared:b");
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        a.Send(frame);
        b.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        a.Dispose();
        SpinWait.SpinUntil(() => rig.B.Run(() => client.Detach("valeshared:" + Persistent)) == 0, TimeSpan.FromSeconds(20))
            .Should().BeTrue();
        SpinWait.SpinUntil(() => rig.A.Run(() => client.DeleteInterface(Persistent)) == 0, TimeSpan.FromSeconds(20))
            .Should().BeTrue();
        rig.LinksOfA().Should().NotContain(Persistent);
        rig.B.Run(() => client.DeleteInterface(Persistent)).Should().Be(0);
    }

    [Fact]
    public void Persistent_ports_join_switches_of_two_namespaces_by_a_shared_one_but_not_in_a_circle()
    {
        const string Other = "nmns-p1";
        using VethRig rig = new();
        NetmapClient client = Open();
        Join(rig.A, Persistent);
        Join(rig.B, Other);
        NetmapClient a = In(rig.A, "vale1:a");
        NetmapClient b = In(rig.B, "vale1:b");
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        a.Send(frame);
        b.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        b.Send(frame);
        a.Receive().Should().ContainSingle().Which.Should().Equal(frame);

        const string Third = "nmns-p2";
        rig.A.Run(() => client.NewInterface(Third)).Should().Be(0);
        rig.A.Run(() => client.Attach("vale1:" + Third)).Should().Be(0);
        rig.A.Run(() => client.Attach("valeshared:" + Third)).Should().Be(Errno.Busy);
        rig.A.Run(() => client.Detach("vale1:" + Third)).Should().Be(0);
        rig.A.Run(() => client.DeleteInterface(Third)).Should().Be(0);
        Part(rig.B, Other);
        Part(rig.A, Persistent);

        void Join(NetworkNamespace place, string name)
        {
            place.Run(() => client.NewInterface(name)).Should().Be(0);
            place.Run(() => client.Attach("vale1:" + name)).Should().Be(0);
            place.Run(() => client.Attach("valeshared:" + name)).Should().Be(0);
        }

        void Part(NetworkNamespace place, string name)
        {
            place.Run(() => client.Detach("vale1:" + name)).Should().Be(Errno.Busy);
            place.Run(() => client.Detach("valeshared:" + name)).Should().Be(0);
            place.Run(() => client.Detach("vale1:" + name)).Should().Be(0);
            place.Run(() => client.DeleteInterface(name)).Should().Be(0);
        }
    }

    [Fact]
    public void A_namespace_is_held_while_a_port_is_bound_and_no_longer()
    {
        using VethRig rig = new();
        string id = rig.IdOfA();
        NetmapClient a = In(rig.A, "vale0:a");
        Held(id).Should().Be(1);
        a.Dispose();
        SpinWait.SpinUntil(() => Held(id) == 0, TimeSpan.FromSeconds(20)).Should().BeTrue();
        rig.A.Run(() => Open().TryRegister("vale/:a")).Should().Be(Errno.NoMem);
        Held(id).Should().Be(0, "a request that fails leaves nothing");
    }

    /// <summary>Descriptors of the namespace in the daemon; that of the rig has another name.</summary>
    private static int Held(string id) => Directory.GetFiles("/proc/self/fd").Count(path => new FileInfo(path).LinkTarget == id);

    private NetmapClient In(NetworkNamespace place, string name) => place.Run(() => Open().Register(name));

    /// <summary>A device with persistent interfaces and shared switches.</summary>
    public sealed class Fixture : DeviceFixture
    {
        private readonly TapInterfaces _taps;

        public Fixture()
            : this(new TapInterfaces(Serilog.Core.Logger.None))
        {
        }

        private Fixture(TapInterfaces taps)
            : base(
                TransportKind.Auto,
                new HostBackends { Interfaces = new HostInterfaces(), PersistentInterfaces = taps },
                new DeviceOptions { SharedSwitches = ["valeshared", "valepub*"] }) => _taps = taps;

        public override void Dispose()
        {
            base.Dispose();
            _taps.Dispose();
            GC.SuppressFinalize(this);
        }
    }
}

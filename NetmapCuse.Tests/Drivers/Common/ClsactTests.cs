using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Drivers.Xdp;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Drivers.Xdp;
using Xunit;
using static NetmapCuse.Drivers.Interop.BpfCode;

namespace NetmapCuse.Tests.Drivers.Common;

/// <summary>Host rings as on kernels before 6.6.</summary>
[Collection("real interfaces")]
public sealed class ClsactTests(ClsactDevice device) : DeviceTest(device), IClassFixture<ClsactDevice>
{
    [Fact]
    public void Traffic_passes_through_the_program_and_the_interface_is_as_before_afterwards()
    {
        using VethRig rig = new();
        string before = rig.ClassifiersOfA();
        using (BridgeProgram bridge = new(device, rig))
        {
            rig.ClassifiersOfA().Should().Contain("clsact").And.Contain("netmapcuse");
            Traffic.Ping(rig.A, VethRig.AddressB, 1400, 3).Should().Be(3);
            Traffic.Ping(rig.B, VethRig.AddressA, 4000, 3).Should().Be(3);
            Traffic.Transfer(rig.A, rig.B, VethRig.AddressB, 16).Should().BeTrue();
            Traffic.Transfer(rig.B, rig.A, VethRig.AddressA, 16).Should().BeTrue();
            bridge.End().Should().BeGreaterThan(2000, "frames passed the program");
        }

        AwaitLeft();
        rig.ClassifiersOfA().Should().Be(before);
        rig.LinksOfA().Should().NotContain("nmtap");
        Traffic.Ping(rig.A, VethRig.AddressB, 100, 2).Should().Be(2);
    }

    [Fact]
    public void Classifiers_of_others_stay()
    {
        using VethRig rig = new();
        Classify(rig, TrafficControl.Egress);
        string before = rig.ClassifiersOfA();
        Enter(rig);
        AwaitLeft();
        rig.ClassifiersOfA().Should().Be(before);
    }

    [Fact]
    public void Classifiers_of_others_that_came_later_stay_with_the_discipline()
    {
        using VethRig rig = new();
        using (NetmapClient client = device.Open())
        {
            rig.A.Run(() => client.Register("a0", new NmreqRegister { Mode = RegisterMode.NicAndHost }));
            Classify(rig, TrafficControl.Ingress);
        }

        AwaitLeft();
        rig.ClassifiersOfA().Should().Contain("clsact").And.NotContain("pref 28269");
        rig.LinksOfA().Should().NotContain("nmtap");
    }

    [Fact]
    public void A_classifier_without_its_daemon_lets_everything_pass_and_makes_way_for_the_next()
    {
        using VethRig rig = new();
        rig.A.Run(() =>
        {
            using InterfaceControl control = new();
            using TrafficControl traffic = new();
            int a0 = control.Index("a0")!.Value;
            using Fd programs = Bpf.CreateMap(Bpf.ProgramArray, 4, 4, 1);
            using Fd dispatcher = XdpPrograms.Dispatcher(programs);
            using Fd drop = Bpf.Load(Bpf.ClassifierProgram, [Set(0, 2), Exit], 0, 0, "dropping");
            Bpf.Update(programs, 0, drop);
            traffic.AddClsact(a0).Should().BeTrue();
            traffic.AddProgram(a0, TrafficControl.Egress, 0x6e6d, dispatcher);
            Traffic.Ping(rig.A, VethRig.AddressB, 100, 1).Should().Be(0, "the program drops everything");
            return 0;
        });
        rig.ClassifiersOfA().Should().Contain("pref 28269");
        SpinWait.SpinUntil(() => Traffic.Ping(rig.A, VethRig.AddressB, 100, 1) == 1, TimeSpan.FromSeconds(30))
            .Should().BeTrue("the map is empty, or will be in a moment");
        Traffic.Ping(rig.A, VethRig.AddressB, 100, 2).Should().Be(2);
        Enter(rig);
        AwaitLeft();
        rig.ClassifiersOfA().Should().NotContain("pref 28269");
    }

    /// <summary>NETMAPCUSE_ROUNDS says how often.</summary>
    [Fact]
    public void Entering_and_leaving_leaks_nothing()
    {
        const int RoundsInShort = 20;
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("NETMAPCUSE_ROUNDS"), CultureInfo.InvariantCulture, out int given)
            ? given
            : RoundsInShort;
        using VethRig rig = new();
        Enter(rig);
        AwaitLeft();
        string links = rig.LinksOfA() + rig.ClassifiersOfA();
        int before = Remains(rig);
        for (int i = 0; i < rounds; i++)
        {
            using (NetmapClient client = device.Open())
            {
                rig.A.Run(() => client.Register(
                    "a0", new NmreqRegister { Mode = RegisterMode.NicAndHost, HostRxRings = (ushort)(1 + (i % 4)) }));
            }

            AwaitLeft();
        }

        SpinWait.SpinUntil(() => Remains(rig) <= before, TimeSpan.FromSeconds(20)).Should().BeTrue();
        (rig.LinksOfA() + rig.ClassifiersOfA()).Should().Be(links);
    }

    /// <summary>Descriptors that only host rings and interfaces have: BPF objects, TAPs, and this namespace.</summary>
    private static int Remains(VethRig rig)
    {
        string place = rig.IdOfA();
        return Directory.GetFileSystemEntries("/proc/self/fd").Count(path =>
            new FileInfo(path).LinkTarget is { } target
            && (target == place || target.Contains("bpf", StringComparison.Ordinal) || target.EndsWith("/tun", StringComparison.Ordinal)));
    }

    /// <summary>Somebody else's classifier on a0.</summary>
    private static void Classify(VethRig rig, uint parent) => rig.A.Run(() =>
    {
        using InterfaceControl control = new();
        using TrafficControl traffic = new();
        using Fd pass = Bpf.Load(Bpf.ClassifierProgram, [Set(0, uint.MaxValue), Exit], 0, 0, "passing");
        int a0 = control.Index("a0")!.Value;
        _ = traffic.AddClsact(a0);
        traffic.AddProgram(a0, parent, 7, pass);
        return 0;
    });

    private void Enter(VethRig rig)
    {
        using NetmapClient client = device.Open();
        rig.A.Run(() => client.Register("a0", new NmreqRegister { Mode = RegisterMode.NicAndHost }));
        rig.ClassifiersOfA().Should().Contain("pref 28269 bpf chain 0 handle", Exactly.Once(), "there is one of ours");
    }

    private void AwaitLeft() =>
        SpinWait.SpinUntil(() => device.Device.OpenFiles == 0, TimeSpan.FromSeconds(20)).Should().BeTrue();
}

using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Interop;
using NetmapCuse.Tests.Device;
using Xunit;
using static NetmapCuse.Drivers.Interop.BpfCode;
using Libc = NetmapCuse.Drivers.Interop.Libc;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>
/// Interfaces taken over and given back again and again: no socket, BPF link, TAP, namespace handle or pinned page stays.
/// NETMAPCUSE_ROUNDS says how often each, else 20 times: 60 in all.
/// </summary>
[Collection("real interfaces")]
public sealed class LeakTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    private const int RoundsInShort = 20;

    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("NETMAPCUSE_ROUNDS"), CultureInfo.InvariantCulture, out int rounds)
            ? rounds
            : RoundsInShort;

    [Fact]
    public void Interfaces_with_their_host_rings_leave_nothing()
    {
        UseSmallRegion();
        using VethRig rig = new();
        Repeat(rig, Enter);
        device.Status("a0").Should().Be("not open");
        Traffic.Ping(rig.A, VethRig.AddressB, 100, 2).Should().Be(2);
    }

    [Fact]
    public void Interfaces_on_a_switch_leave_nothing()
    {
        UseSmallRegion();
        using VethRig rig = new();
        using NetmapClient client = device.Open();
        Repeat(rig, rig =>
        {
            rig.A.Run(() => client.Attach("vale77:a0", RegisterMode.NicAndHost)).Should().Be(0);
            rig.A.Run(() => client.Detach("vale77:a0")).Should().Be(0);
        });
        Traffic.Ping(rig.A, VethRig.AddressB, 100, 2).Should().Be(2);
    }

    [Fact]
    public void Interfaces_by_packet_sockets_leave_nothing()
    {
        UseSmallRegion();
        using VethRig rig = new();
        using Fd occupant = rig.A.Run(() =>
        {
            using InterfaceControl control = new();
            using Fd program = Bpf.Load(Bpf.XdpProgram, [Set(0, 2), Exit], 0, 0, "somebody else's program");
            return Bpf.Link(program, control.Index("a0")!.Value, Bpf.AttachXdp, Bpf.GenericMode, "somebody else's program");
        });
        Repeat(rig, Enter);
        Traffic.Ping(rig.A, VethRig.AddressB, 100, 2).Should().Be(2);
    }

    /// <summary>AF_XDP pins the whole region each time, and its pages are given back each time: a small one is quicker.</summary>
    private void UseSmallRegion() => device.Device.Parameters.SetAtStart("buf_num", "8192").Should().Be(0);

    /// <summary>The first rounds may make what stays for good; from then on nothing is added.</summary>
    private static void Repeat(VethRig rig, Action<VethRig> round)
    {
        const int Warm = 3;
        for (int i = 0; i < Warm; i++)
        {
            round(rig);
        }

        // Other tests of the process may hold something of the kind for a while: what they add goes again.
        Remains before = Remains.Of(rig);
        for (int i = 0; i < Rounds; i++)
        {
            round(rig);
        }

        Remains after = Remains.Of(rig);
        SpinWait.SpinUntil(
            () =>
            {
                Thread.Sleep(20);
                after = Remains.Of(rig);
                return after.IsWithin(before);
            },
            TimeSpan.FromSeconds(60));
        after.IsWithin(before).Should().BeTrue("before {0}, after {1}", before, after);
    }

    private void Enter(VethRig rig)
    {
        using (NetmapClient client = device.Open())
        {
            rig.A.Run(() => client.TryRegister("a0", new NmreqRegister { Mode = RegisterMode.NicAndHost })).Should().Be(0);
        }

        SpinWait.SpinUntil(() => device.Status("a0") == "not open", TimeSpan.FromSeconds(20)).Should().BeTrue();
    }

    /// <summary>What an interface that was taken over can leave behind.</summary>
    /// <param name="Sockets">Sockets of this process for AF_XDP and AF_PACKET.</param>
    /// <param name="Programs">BPF links, programs and maps of this process.</param>
    /// <param name="Places">How often this process has the rig's namespace open.</param>
    /// <param name="Links">Interfaces in the rig's namespace.</param>
    /// <param name="Pinned">KiB that the kernel holds for devices (VmPin).</param>
    private sealed record Remains(int Sockets, int Programs, int Places, string Links, long Pinned)
    {
        internal static Remains Of(VethRig rig)
        {
            int sockets = 0, programs = 0, places = 0;
            string place = rig.A.Run(static () => new FileInfo("/proc/thread-self/ns/net").LinkTarget!);
            foreach (string path in Directory.GetFileSystemEntries("/proc/self/fd"))
            {
                string target = new FileInfo(path).LinkTarget ?? string.Empty;
                places += target == place ? 1 : 0;
                programs += target.StartsWith("anon_inode:bpf", StringComparison.Ordinal) ? 1 : 0;
                sockets += target.StartsWith("socket:", StringComparison.Ordinal) && IsOurs(Path.GetFileName(path)) ? 1 : 0;
            }

            string pinned = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmPin:", StringComparison.Ordinal));
            return new(
                sockets, programs, places,
                string.Join(' ', rig.LinksOfA().Split('\n').Select(static line => line.Split(' ').ElementAtOrDefault(1))),
                long.Parse(pinned.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
        }

        internal bool IsWithin(Remains other) =>
            Sockets <= other.Sockets && Programs <= other.Programs && Places <= other.Places && Links == other.Links
            && Pinned <= other.Pinned;

        private static unsafe bool IsOurs(string number)
        {
            const int SocketLevel = 1;
            const int Domain = 39;
            const int PacketFamily = 17;
            const int XdpFamily = 44;

            // Somebody else's: only looked at, never closed.
            Fd fd = new(int.Parse(number, CultureInfo.InvariantCulture));
            int domain = 0;
            uint length = sizeof(int);
            bool isKnown = Libc.GetOption(fd, SocketLevel, Domain, &domain, &length) == 0;
            fd.SetHandleAsInvalid();
            return isKnown && domain is PacketFamily or XdpFamily;
        }
    }
}

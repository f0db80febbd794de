using System.Globalization;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>A rig whose host A has its address on an interface of some kind, with host B behind it.</summary>
internal sealed class DoorRig : IDisposable
{
    private const string Own = "x0";
    private const string TunnelA = "10.92.0.1";
    private const string TunnelB = "10.92.0.2";

    /// <param name="kind">"veth", "veth, unequal queues" or what "ip link add ... type" calls it.</param>
    /// <param name="mtu">Of the veth pair; a tunnel has less.</param>
    internal DoorRig(string kind, int mtu)
    {
        Veth = new VethRig(mtu, queuesOfB: kind == "veth, unequal queues" ? 4 : 1);
        try
        {
            SetUp(kind, mtu);
        }
        catch (InvalidOperationException missing) when (missing.Message.Contains("Unknown device type", StringComparison.Ordinal))
        {
            Dispose();
            Assert.Skip($"the kernel has no {kind}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal VethRig Veth { get; }

    /// <summary>The interface in A.</summary>
    internal string Name { get; private set; } = "a0";

    /// <summary>The interface in B that is at the other end.</summary>
    internal string PeerName { get; private set; } = "b0";

    internal string AddressA { get; private set; } = VethRig.AddressA;

    internal string AddressB { get; private set; } = VethRig.AddressB;

    /// <summary>Bytes of a ping that fills a frame.</summary>
    internal int PingMax { get; private set; }

    public void Dispose() => Veth.Dispose();

    private void SetUp(string kind, int mtu)
    {
        const int Ip4AndIcmp = 28;
        const int TunnelBytes = 50;
        const int TagBytes = 4;
        PingMax = mtu - Ip4AndIcmp;
        switch (kind)
        {
            case "veth" or "veth, unequal queues":
                return;
            case "bridge" or "bond" or "team":
                string[] mode = kind == "bond" ? ["mode", "active-backup"] : [];
                Veth.InA(["link", "add", Own, "type", kind, .. mode]);
                Veth.InA("link", "set", "a0", "down");
                Veth.InA("link", "set", "a0", "master", Own);
                Veth.InA("link", "set", "a0", "up");
                MoveAddress(mtu);
                break;
            case "macvlan" or "ipvlan":
                Veth.InA("link", "add", "link", "a0", "name", Own, "type", kind, "mode", kind == "macvlan" ? "bridge" : "l2");
                MoveAddress(mtu);
                break;
            case "vlan":
                PingMax -= TagBytes;
                Veth.InA("link", "add", "link", "a0", "name", Own, "type", kind, "id", "7");
                Veth.InB("link", "add", "link", "b0", "name", Own, "type", kind, "id", "7");
                UseTunnel(mtu - TagBytes);
                break;
            case "vxlan":
                PingMax -= TunnelBytes;
                string[] both = ["link", "add", Own, "type", kind, "id", "5", "dstport", "4789"];
                Veth.InA([.. both, "local", VethRig.AddressA, "remote", VethRig.AddressB]);
                Veth.InB([.. both, "local", VethRig.AddressB, "remote", VethRig.AddressA]);
                UseTunnel(mtu - TunnelBytes);
                break;
            case "geneve":
                PingMax -= TunnelBytes;
                Veth.InA("link", "add", Own, "type", kind, "id", "5", "remote", VethRig.AddressB);
                Veth.InB("link", "add", Own, "type", kind, "id", "5", "remote", VethRig.AddressA);
                UseTunnel(mtu - TunnelBytes);
                break;
            default:
                throw new ArgumentException(kind, nameof(kind));
        }
    }

    /// <summary>A's address is on the new interface instead of a0.</summary>
    private void MoveAddress(int mtu)
    {
        Name = Own;
        Veth.InA("addr", "flush", "dev", "a0");
        Veth.InA("addr", "add", VethRig.AddressA + "/24", "dev", Own);
        Veth.InA("link", "set", Own, "mtu", mtu.ToString(CultureInfo.InvariantCulture), "up");
    }

    /// <summary>Addresses of their own on both ends of a tunnel.</summary>
    private void UseTunnel(int mtu)
    {
        Name = Own;
        PeerName = Own;
        AddressA = TunnelA;
        AddressB = TunnelB;
        Veth.InA("addr", "add", TunnelA + "/24", "dev", Own);
        Veth.InB("addr", "add", TunnelB + "/24", "dev", Own);
        Veth.InA("link", "set", Own, "mtu", mtu.ToString(CultureInfo.InvariantCulture), "up");
        Veth.InB("link", "set", Own, "mtu", mtu.ToString(CultureInfo.InvariantCulture), "up");
    }
}

using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>
/// Extra buffers on every kind of binding: as many as were asked for, nobody else's, of use in any ring of the region, and free again
/// afterwards. (External memory: samples/tests/extmem.c.)
/// </summary>
[Collection(MountTests.Name)]
public sealed class ExtraBufferTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const uint Wanted = 7;
    private const string Nic = "nmextra0";
    private const string Persistent = "nmextra-p0";

    [Theory]
    [InlineData("a port of a switch", "vale0:a")]
    [InlineData("one in the global region", "vale0:a", "memory 1")]
    [InlineData("one ring of a port, exclusively", "vale0:a", "one ring", "exclusive")]
    [InlineData("one direction", "vale0:a", "receives only")]
    [InlineData("the master of a pipe", "vale0:a{1")]
    [InlineData("the slave of a pipe", "vale0:a}1")]
    [InlineData("a pipe of a pipe", "vale0:a}1{2")]
    [InlineData("an interface", Nic)]
    [InlineData("an interface with its host rings", Nic, "host rings, too")]
    [InlineData("the host rings of an interface", Nic, "host rings")]
    [InlineData("a pipe of an interface", Nic + "{1")]
    [InlineData("a null port", "null", "null")]
    [InlineData("a monitor that copies", "vale0:watched", "copies")]
    [InlineData("a monitor that swaps", "vale0:watched", "swaps")]
    [InlineData("a persistent port", Persistent, "persistent")]
    [InlineData("a persistent port on a switch", "vale0:" + Persistent, "persistent", "attached")]
    public void Extra_buffers_are_given_used_and_free_again(string kind, string name, params string[] how)
    {
        _ = kind;
        NetmapClient control = Open();
        Prepare(control, how);
        NetmapClient client = Open().Register(name, Request(how));
        client.Reg.ExtraBuffers.Should().Be(Wanted);
        List<uint> extra = client.ExtraBuffers();
        extra.Should().HaveCount((int)Wanted).And.OnlyHaveUniqueItems().And.OnlyContain(buffer => buffer >= 2);
        List<ClientRing> rings = [.. client.TxRings.Concat(client.RxRings).OfType<ClientRing>()];
        rings.SelectMany(ring => ring.Buffers()).Should().NotIntersectWith(extra);

        // A second binding gets others.
        if (!how.Contains("exclusive") && !how.Contains("null") && !how.Contains("copies") && !how.Contains("swaps"))
        {
            NetmapClient other = Open().Register(name, Request(how));
            other.ExtraBuffers().Should().HaveCount((int)Wanted).And.NotIntersectWith(extra);
            other.Dispose();
        }

        if (rings.Count != 0)
        {
            Exchange(client, rings[0], extra[0], extra[1]);
        }

        DeviceBooks.Audit(Device.Device);
        client.Dispose();
        End(control, how);
    }

    [Fact]
    public void They_leave_through_a_pipe_of_the_region_and_are_found_again()
    {
        NetmapClient parent = Open().Register("vale0:a", new NmreqRegister { ExtraBuffers = Wanted });
        NetmapClient master = Open().Register("vale0:a{1", new NmreqRegister { ExtraBuffers = Wanted });
        NetmapClient slave = Open().Register("vale0:a}1");
        uint buffer = parent.ExtraBuffers()[0];
        Exchange(parent, master.Tx, buffer, parent.ExtraBuffers()[1]);
        master.Tx.Buffer(buffer)[..60].Fill(9);
        master.Tx.Slot(0).Length = 60;
        master.Tx.Advance(1);
        master.TxSync().Should().Be(0);
        slave.RxSync().Should().Be(0);
        slave.Rx.Slot(0).BufferIndex.Should().Be(buffer);
        slave.Rx.Take().Data.Should().Equal(Enumerable.Repeat((byte)9, 60));
        DeviceBooks.Audit(Device.Device);
    }

    /// <summary>Puts the first extra buffer in a slot of the ring, and the slot's in its place on the list.</summary>
    private static unsafe void Exchange(NetmapClient client, ClientRing ring, uint first, uint second)
    {
        ref NetmapSlot slot = ref ring.Slot(0);
        uint given = slot.BufferIndex;
        slot.BufferIndex = first;
        slot.Flags = SlotFlags.BufferChanged;
        BitConverter.TryWriteBytes(ring.Buffer(given), second).Should().BeTrue();
        client.Interface->BuffersHead = given;
        client.ExtraBuffers().Should().HaveCount((int)Wanted).And.StartWith(given);
    }

    private static NmreqRegister Request(string[] how) => new()
    {
        ExtraBuffers = Wanted,
        TxRings = (ushort)(how.Contains("null") ? 1 : 0),
        TxSlots = how.Contains("null") ? 16u : 0,
        MemoryId = (ushort)(how.Contains("memory 1") || how.Contains("null") ? 1 : 0),
        Mode = how.Contains("null") ? RegisterMode.Null
            : how.Contains("one ring") ? RegisterMode.OneNic
            : how.Contains("host rings") ? RegisterMode.Host
            : how.Contains("host rings, too") ? RegisterMode.NicAndHost
            : RegisterMode.AllNic,
        Flags = (how.Contains("exclusive") ? RegisterFlags.Exclusive : 0)
            | (how.Contains("receives only") ? RegisterFlags.RxRingsOnly : 0)
            | (how.Contains("copies") ? RegisterFlags.MonitorRx | RegisterFlags.MonitorTx : 0)
            | (how.Contains("swaps") ? RegisterFlags.ZeroCopyMonitor : 0),
    };

    private void Prepare(NetmapClient control, string[] how)
    {
        ((HostFixture)Device).Interfaces.Add(Nic);
        Open().Register("vale0:watched");
        if (how.Contains("persistent"))
        {
            Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
            SpinWait.SpinUntil(() => control.NewInterface(Persistent) == 0, TimeSpan.FromSeconds(30)).Should().BeTrue();
        }

        if (how.Contains("attached"))
        {
            control.Attach("vale0:" + Persistent).Should().Be(0);
        }
    }

    private static void End(NetmapClient control, string[] how)
    {
        if (how.Contains("attached"))
        {
            control.Detach("vale0:" + Persistent).Should().Be(0);
        }

        if (how.Contains("persistent"))
        {
            // The last close is heard of a moment later.
            SpinWait.SpinUntil(() => control.DeleteInterface(Persistent) != Errno.Busy, TimeSpan.FromSeconds(30));
        }
    }
}

using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Drivers.Tap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Files;

/// <summary>
/// Syncs and polls allocate nothing once everything has run a while. Those with indirect slots are handed to another
/// thread and are no part of this.
/// </summary>
public sealed class AllocationTests
{
    private const int Rounds = 2000;

    [Theory]
    [InlineData("vale0:a", "vale0:b", 0)]
    [InlineData("vale0:a", "vale0:b", 0x20)]
    [InlineData("vale0:a{1", "vale0:a}1", 1)]
    public void The_data_path_allocates_nothing(string sender, string receiver, int slotFlags)
    {
        SlotFlags flags = (SlotFlags)slotFlags;
        using DirectDevice device = new();
        using NetmapClient a = device.Open().Register(sender);
        using NetmapClient b = device.Open().Register(receiver);
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        Exchange(a, b, frame, flags, Rounds);

        long before = GC.GetAllocatedBytesForCurrentThread();
        uint received = Exchange(a, b, frame, flags, Rounds);
        long after = GC.GetAllocatedBytesForCurrentThread();

        received.Should().Be(Rounds * 16);
        (after - before).Should().Be(0);
    }

    [Fact]
    public void Switches_that_are_joined_allocate_nothing()
    {
        const string Name = "nmalloc-p0";
        Assert.SkipUnless(File.Exists("/dev/net/tun") && Environment.UserName == "root", "needs /dev/net/tun");
        using TapInterfaces taps = new(Serilog.Core.Logger.None);
        using DirectDevice device = new(new HostBackends { Interfaces = new TestInterfaces(), PersistentInterfaces = taps });
        using NetmapClient a = device.Open().Register("vale0:a");
        using NetmapClient b = device.Open().Register("vale1:b");
        a.NewInterface(Name).Should().Be(0);
        a.Attach("vale0:" + Name).Should().Be(0);
        a.Attach("vale1:" + Name).Should().Be(0);
        byte[] frame = Frames.Make(Frames.Broadcast, 1);
        Exchange(a, b, frame, SlotFlags.None, Rounds);

        long before = GC.GetAllocatedBytesForCurrentThread();
        uint received = Exchange(a, b, frame, SlotFlags.None, Rounds);
        long after = GC.GetAllocatedBytesForCurrentThread();

        received.Should().Be(Rounds * 16);
        (after - before).Should().Be(0);
        a.Detach("vale1:" + Name).Should().Be(0);
        a.Detach("vale0:" + Name).Should().Be(0);
        a.DeleteInterface(Name).Should().Be(0);
    }

    [Fact]
    public void A_ring_reset_allocates_nothing()
    {
        using DirectDevice device = new();
        using NetmapClient a = device.Open().Register("vale0:a");
        Spoil(a, Rounds);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int errors = Spoil(a, Rounds);
        long after = GC.GetAllocatedBytesForCurrentThread();

        errors.Should().Be(Rounds);
        (after - before).Should().Be(0);
    }

    private static int Spoil(NetmapClient client, int rounds)
    {
        int errors = 0;
        for (int i = 0; i < rounds; i++)
        {
            client.Tx.Head = 5000;
            errors += (client.Poll(5) & 8) / 8;
        }

        return errors;
    }

    private static unsafe uint Exchange(NetmapClient a, NetmapClient b, byte[] frame, SlotFlags flags, int rounds)
    {
        uint received = 0;
        byte* data = stackalloc byte[64];
        frame.CopyTo(new Span<byte>(data, 64));
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < 16; i++)
            {
                a.Tx.Slot(a.Tx.Head).Pointer = (ulong)data;
                a.Tx.Put(frame, i == 15 ? flags & ~SlotFlags.MoreFragments : flags);
            }

            _ = round % 2 == 0 ? a.TxSync() : a.Poll(4);
            _ = round % 2 == 0 ? b.RxSync() : b.Poll(1);
            received += b.Rx.Ready;
            b.Rx.Advance(b.Rx.Ready);
        }

        return received;
    }
}

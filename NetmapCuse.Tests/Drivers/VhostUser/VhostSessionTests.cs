using FluentAssertions;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;
using NetmapCuse.Drivers.VhostUser;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Vale.Guests;
using Xunit;

namespace NetmapCuse.Tests.Drivers.VhostUser;

/// <summary>What front-ends say, in the orders in which they say it (reference/vhost-user.md sections 2 and 4).</summary>
public sealed class VhostSessionTests : GuestTest
{
    private const ulong AskedFor = 0x1_7c60_9983;
    private const ulong Protocol = 0x1a01f;

    [Fact]
    public void The_offer_is_what_both_front_ends_take()
    {
        using TestGuest guest = new(MakePort("a", pairs: 3), 0);

        ((ulong)guest.Send(VhostRequest.GetFeatures, [])!.Value & AskedFor).Should().Be(AskedFor);
        guest.Send(VhostRequest.GetProtocolFeatures, []).Should().Be((long)Protocol);
        guest.Send(VhostRequest.GetQueuePairs, []).Should().Be(3);
        guest.Send(VhostRequest.GetMemorySlots, []).Should().BeGreaterThanOrEqualTo(64);
        guest.Send(VhostRequest.GetStatus, []).Should().Be(0);
    }

    /// <summary>QEMU 11 enables rings before there are any, and again at each reset of the driver.</summary>
    [Fact]
    public void Rings_that_are_enabled_before_they_exist_run_as_soon_as_they_do()
    {
        using TestGuest guest = new(MakePort("a"), VirtioFeatures.EventIndex);
        guest.Send(VhostRequest.SetProtocolFeatures, Protocol);
        guest.Send(VhostRequest.ResetDevice, []);
        guest.Send(VhostRequest.SetRingEnable, TestGuest.Pair(0, 1), wants: true).Should().Be(0);
        guest.Send(VhostRequest.SetRingEnable, TestGuest.Pair(1, 1), wants: true).Should().Be(0);
        guest.Send(VhostRequest.SetFeatures, (ulong)guest.Features);
        guest.Send(VhostRequest.SetStatus, 8);
        guest.AddMemory().Should().Be(0);
        guest.Port.Receivers[0].Queue.Should().BeNull();
        guest.StartRing(0, 0);
        guest.StartRing(1, 0);

        guest.Port.Receivers[0].Queue.Should().NotBeNull();
        guest.Port.Transmitters[0].Queue.Should().NotBeNull();
        guest.Watched.Should().Equal(1);
    }

    /// <summary>virtio-user kicks before it enables.</summary>
    [Fact]
    public void Rings_that_are_started_before_they_are_enabled_wait_for_that()
    {
        using TestGuest guest = new TestGuest(MakePort("a"), 0).Start();
        guest.Send(VhostRequest.SetRingEnable, TestGuest.Pair(1, 0));
        guest.Put(Frames.Make(2, 1));
        guest.Port.Serve(0).Should().BeFalse();
        guest.Send(VhostRequest.SetRingEnable, TestGuest.Pair(1, 1));
        guest.Port.Serve(0).Should().BeTrue();
    }

    [Fact]
    public void Without_protocol_features_rings_need_no_enabling()
    {
        using TestGuest guest = new TestGuest(MakePort("a"), 0).Start();
        guest.Send(VhostRequest.SetRingEnable, TestGuest.Pair(1, 0));
        guest.Send(VhostRequest.SetFeatures, (ulong)VirtioFeatures.Version1);

        guest.Port.Transmitters[0].Queue.Should().NotBeNull();
    }

    /// <summary>QEMU 7.2 resets the status first and asks where the rings stand then.</summary>
    [Fact]
    public void Where_a_ring_stands_outlives_a_reset_of_the_status()
    {
        using TestGuest guest = new TestGuest(MakePort("a"), 0).Start();
        guest.Put(Frames.Make(2, 1));
        guest.Put(Frames.Make(2, 1));
        guest.Port.Serve(0);
        guest.Send(VhostRequest.SetStatus, 0);
        guest.Put(Frames.Make(2, 1));
        guest.Port.Serve(0).Should().BeFalse("a ring of a driver that was reset does not run");

        guest.Send(VhostRequest.GetRingBase, TestGuest.Pair(1, 0)).Should().Be(1 | (2L << 32));
        guest.StartRing(1, 2);
        guest.Port.Serve(0).Should().BeTrue();
        guest.TakeSent().Should().Be(3);
    }

    /// <summary>virtio-user as the side that listens, after the back-end was killed.</summary>
    [Fact]
    public void A_new_connection_may_start_with_stopping_what_is_not_there()
    {
        using TestGuest guest = new(MakePort("a"), 0);
        for (int ring = 0; ring < 2; ring++)
        {
            guest.Send(VhostRequest.SetRingEnable, TestGuest.Pair(ring, 0)).Should().BeNull();
            guest.Send(VhostRequest.GetRingBase, TestGuest.Pair(ring, 0)).Should().Be(ring);
        }
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData((ulong)VirtioFeatures.PackedRing)]
    public void After_the_back_end_was_gone_traffic_goes_on_where_it_was(ulong kind)
    {
        using TestGuest guest = new TestGuest(MakePort("a"), (VirtioFeatures)kind).Start();
        NetmapClient program = OpenProgram("p");
        guest.Post(8);
        for (int i = 0; i < 5; i++)
        {
            guest.SendFrame(Frames.Make(Frames.Broadcast, 1, seed: i));
            program.Send(Frames.Make(Frames.Broadcast, 2, seed: i));
        }

        program.Receive().Should().HaveCount(5);
        guest.TakeSent().Should().Be(5);
        guest.ReceiveFrames().Should().HaveCount(5);
        uint[] bases = [Base(guest, 0), Base(guest, 1)];
        guest.Reconnect();
        program.Send(Frames.Make(1, 2));
        guest.Send(VhostRequest.SetProtocolFeatures, Protocol);
        guest.Send(VhostRequest.SetFeatures, (ulong)guest.Features);
        guest.AddMemory().Should().Be(0);
        guest.StartRing(0, bases[0]);
        guest.StartRing(1, bases[1]);
        guest.SendFrame(Frames.Make(2, 1));
        program.Send(Frames.Make(1, 2));

        program.Receive().Should().HaveCount(1);
        guest.ReceiveFrames().Should().HaveCount(1, "the frame in between found nobody");
    }

    [Fact]
    public void An_answer_is_given_when_it_is_asked_for_and_to_messages_that_have_one()
    {
        using TestGuest guest = new(MakePort("a"), 0);
        guest.Send(VhostRequest.SetOwner, [], wants: true).Should().BeNull("answers were not agreed on");
        guest.Send(VhostRequest.SetProtocolFeatures, Protocol);

        guest.Send(VhostRequest.SetOwner, [], wants: true).Should().Be(0);
        guest.Send(VhostRequest.SetOwner, []).Should().BeNull();
        guest.Send((VhostRequest)99, [], wants: true).Should().Be(1);
        guest.Send((VhostRequest)99, []).Should().BeNull();
        guest.Send(VhostRequest.SetFeatures, TestGuest.Words(1UL << 33), wants: true).Should().Be(1);
        guest.Send(VhostRequest.GetFeatures, [], wants: true).Should().NotBe(0);
    }

    [Fact]
    public void A_whole_table_replaces_what_was_there()
    {
        using TestGuest guest = new TestGuest(MakePort("a"), 0).Start();
        NetmapClient program = OpenProgram("p");
        const ulong Half = TestGuest.MemoryBytes / 2;
        byte[] table = Table(
            (TestGuest.GuestStart, Half, TestGuest.UserStart, 0),
            (TestGuest.GuestStart + Half, Half, TestGuest.UserStart + Half, Half));
        guest.SendBytes(
            VhostRequest.SetMemoryTable, table, [TestGuest.Duplicate(guest.Memory), TestGuest.Duplicate(guest.Memory)], wants: true)
            .Should().Be(0);

        // Over the border between the two, where buffers of the guest may lie all the same.
        byte[] frame = Frames.Make(Frames.Broadcast, 1, 200);
        byte[] packet = [.. new byte[12], .. frame];
        packet.CopyTo(guest.Bytes[(int)(Half - 100)..]);
        guest.Rings[1].Add([(TestGuest.GuestStart + Half - 100, (uint)packet.Length)], isWritten: false, isIndirect: false);
        guest.Port.Serve(0);

        program.Receive().Should().BeEquivalentTo([frame]);
    }

    [Fact]
    public void Memory_that_is_taken_away_is_not_touched_any_more()
    {
        using TestGuest guest = new TestGuest(MakePort("a"), 0).Start();
        ulong[] region = TestGuest.Words(0, TestGuest.GuestStart, TestGuest.MemoryBytes, TestGuest.UserStart, 0);
        guest.Put(Frames.Make(2, 1));
        guest.Send(VhostRequest.RemoveMemoryRegion, TestGuest.Words(0, 1, 2, 3, 0), wants: true).Should().Be(1);
        guest.Port.Transmitters[0].Queue.Should().NotBeNull();
        guest.Send(VhostRequest.RemoveMemoryRegion, region, wants: true).Should().Be(0);

        guest.Port.Serve(0).Should().BeFalse();
        guest.Port.Status!.MemoryBytes.Should().Be(0);
        guest.AddMemory().Should().Be(0);
        guest.Port.Serve(0).Should().BeTrue("the ring goes on with its memory");
    }

    [Fact]
    public void Only_memory_is_memory()
    {
        using TestGuest guest = new(MakePort("a"), 0);
        guest.Send(VhostRequest.SetProtocolFeatures, Protocol);
        string path = Path.GetTempFileName();
        using Fd disk = Libc.Open(path, 2, 0);
        using EventFd counter = new();
        _ = Libc.FTruncate(disk, TestGuest.MemoryBytes);
        File.Delete(path);
        bool isTemporary = SharedFile.IsMemory(disk);

        Add(guest, 1 << 20, descriptor: counter.Descriptor).Should().Be(1);
        (Add(guest, 1 << 20, descriptor: disk) == 0).Should().Be(isTemporary, "a file of tmpfs is memory, one of a disk is not");
        guest.Port.Status!.Regions.Should().Be(isTemporary ? 1 : 0);
    }

    [Theory]
    [InlineData(0UL, 0UL, 0UL, 0UL)]
    [InlineData(ulong.MaxValue, 4096UL, 0UL, 0UL)]
    [InlineData(0UL, 4096UL, ulong.MaxValue, 0UL)]
    [InlineData(0UL, 4096UL, 0UL, ulong.MaxValue)]
    [InlineData(0UL, ulong.MaxValue, 0UL, 0UL)]
    [InlineData(0UL, 1UL << 62, 0UL, 0UL)]
    public void Impossible_regions_are_refused(ulong start, ulong size, ulong user, ulong offset)
    {
        using TestGuest guest = new(MakePort("a"), 0);
        guest.Send(VhostRequest.SetProtocolFeatures, Protocol);

        Add(guest, size, start, user, offset).Should().Be(1);
        guest.Port.Status!.Regions.Should().Be(0);
    }

    [Fact]
    public void Regions_that_overlap_and_too_many_are_refused()
    {
        using TestGuest guest = new(MakePort("a"), 0);
        guest.Send(VhostRequest.SetProtocolFeatures, Protocol);
        for (ulong i = 0; i < GuestMemory.RegionsMax; i++)
        {
            Add(guest, 4096, i * 4096, i * 4096, i * 4096).Should().Be(0);
        }

        Add(guest, 4096, 1 << 30).Should().Be(1, "there are enough");
        guest.Send(VhostRequest.RemoveMemoryRegion, TestGuest.Words(0, 0, 4096, 0, 0), wants: true).Should().Be(0);
        Add(guest, 4097, 0).Should().Be(1, "it overlaps its neighbour");
        Add(guest, 4096, 0).Should().Be(0);
    }

    [Fact]
    public void Messages_that_make_no_sense_end_the_connection()
    {
        using TestGuest guest = new(MakePort("a"), 0);
        guest.Send(VhostRequest.SetRingSize, TestGuest.Pair(2, 64)).Should().Be(-1, "there are two rings");
        guest.SendBytes(VhostRequest.SetRingAddress, new byte[39], []).Should().Be(-1);
        guest.Send(VhostRequest.AddMemoryRegion, TestGuest.Words(0, 0, 4096, 0, 0)).Should().Be(-1, "no descriptor came");
        guest.Send(VhostRequest.SetRingKick, TestGuest.Words(0), TestGuest.Duplicate(guest.Memory)).Should().Be(-1, "memory is no eventfd");
        guest.Send(VhostRequest.SetLogBase, TestGuest.Words(4096, 0), TestGuest.Duplicate(guest.Calls[0].Descriptor)).Should().Be(-1);
        guest.Session.Handle(new VhostHeader(VhostRequest.GetFeatures, 2, 0), [], [], new byte[64]).Should().BeNegative();
    }

    [Fact]
    public void A_rarp_tells_the_switch_where_the_guest_is()
    {
        GuestPort port = MakePort("a");
        using TestGuest guest = new(port, 0);
        NetmapClient program = OpenProgram("p");
        NetmapClient other = OpenProgram("o");
        guest.Send(VhostRequest.SendRarp, TestGuest.Words(0x0000_0706_0504_0302));

        byte[] frame = program.Receive().Should().ContainSingle().Subject;
        frame[..22].Should().Equal(
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 3, 4, 5, 6, 7, 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3);
        frame.Should().HaveCount(60);
        other.Receive().Should().HaveCount(1);
        byte[] reply = Frames.Make(9, 9);
        new byte[] { 2, 3, 4, 5, 6, 7 }.CopyTo(reply, 0);
        program.Send(reply);
        other.Receive().Should().BeEmpty("the address was learnt");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData((ulong)VirtioFeatures.PackedRing)]
    public void What_is_written_while_the_guest_migrates_is_noted(ulong kind)
    {
        using TestGuest guest = new TestGuest(MakePort("a"), (VirtioFeatures)kind).Start();
        NetmapClient program = OpenProgram("p");
        using Fd log = Libc.MemFdCreate("log", Libc.MfdCloexecSealable);
        const int LogBytes = 1 << 16;
        _ = Libc.FTruncate(log, LogBytes);
        using MappedMemory bits = MappedMemory.Map(log, LogBytes);
        guest.Post(4);
        guest.Send(VhostRequest.SetLogBase, TestGuest.Words(LogBytes, 0), TestGuest.Duplicate(log)).Should().Be(0);
        program.Send(Frames.Make(Frames.Broadcast, 2));
        Pages(bits).Should().BeEmpty("the log is not switched on");
        guest.Send(VhostRequest.SetFeatures, (ulong)(guest.Features | VirtioFeatures.LogAll));
        ulong used = TestGuest.GuestStart + guest.Rings[0].Device;
        guest.Send(VhostRequest.SetRingAddress, guest.Address(0, flags: 1, log: used), wants: true).Should().Be(0);
        program.Send(Frames.Make(Frames.Broadcast, 2));
        int buffer = guest.LastBuffers()[1];

        ulong[] written = [(TestGuest.GuestStart + (ulong)buffer) >> 12, (kind == 0 ? used : TestGuest.GuestStart + guest.Rings[0].Descriptors) >> 12];
        Pages(bits).Should().Contain(written);

        // Besides, the words that say when the device wants to be kicked.
        Pages(bits).Except(written).Should().NotContain(page => page >= (TestGuest.GuestStart >> 12) + (2 * DriverRing.PlaceBytes >> 12));
        guest.Send(VhostRequest.SetFeatures, (ulong)guest.Features);
        bits.Clear();
        program.Send(Frames.Make(Frames.Broadcast, 2));
        Pages(bits).Should().BeEmpty("the migration was called off");
        guest.ReceiveFrames().Should().HaveCount(3);
    }

    private static uint Base(TestGuest guest, int ring) =>
        (uint)(guest.Send(VhostRequest.GetRingBase, TestGuest.Pair(ring, 0))!.Value >> 32);

    private static long? Add(TestGuest guest, ulong size, ulong start = 0, ulong user = 0, ulong offset = 0, Fd? descriptor = null) =>
        guest.Send(
            VhostRequest.AddMemoryRegion, TestGuest.Words(0, start, size, user, offset),
            TestGuest.Duplicate(descriptor ?? guest.Memory), wants: true);

    private static byte[] Table(params (ulong Guest, ulong Size, ulong User, ulong Offset)[] regions)
    {
        ulong[] words = [(ulong)regions.Length, .. regions.SelectMany(static one => (ulong[])[one.Guest, one.Size, one.User, one.Offset])];
        byte[] bytes = new byte[words.Length * 8];
        Buffer.BlockCopy(words, 0, bytes, 0, bytes.Length);
        return bytes;
    }

    private static List<ulong> Pages(MappedMemory bits)
    {
        List<ulong> pages = [];
        ReadOnlySpan<byte> bytes = bits.Bytes();
        for (int i = 0; i < bytes.Length * 8; i++)
        {
            if ((bytes[i / 8] & (1 << (i % 8))) != 0)
            {
                pages.Add((ulong)i);
            }
        }

        return pages;
    }
}

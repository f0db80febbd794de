using System.Runtime.InteropServices;
using FluentAssertions;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;
using NetmapCuse.Drivers.VhostUser;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>Guests that write what they like: they hurt nobody but themselves.</summary>
public sealed class HostileGuestTests : GuestTest
{
    private const int A = 1;
    private const int B = 2;

    public static TheoryData<ulong> Kinds =>
    [
        (ulong)VirtioFeatures.EventIndex, (ulong)(VirtioFeatures.PackedRing | VirtioFeatures.EventIndex),
        (ulong)(VirtioFeatures.MergedBuffers | VirtioFeatures.GuestChecksum), (ulong)(VirtioFeatures.PackedRing | VirtioFeatures.MergedBuffers),
    ];

    /// <summary>
    /// Random words in rings, tables and headers, mixed with honest traffic, which other ports send and receive undisturbed. What
    /// lies behind the guest's memory in the same file stays as it was.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Random_rings_do_no_harm(ulong kind)
    {
        const int Rounds = 4000;
        Random random = new(1234);
        using TestGuest honest = MakeGuest("honest", VirtioFeatures.MergedBuffers);
        NetmapClient program = OpenProgram("program");
        TestGuest hostile = MakeGuest("hostile", (VirtioFeatures)kind);
        const int Behind = TestGuest.MemoryBytes - 4096;
        hostile.Bytes[Behind..].Fill(0xa5);
        hostile.Send(VhostRequest.RemoveMemoryRegion, TestGuest.Words(0, TestGuest.GuestStart, TestGuest.MemoryBytes, TestGuest.UserStart, 0));
        hostile.Send(VhostRequest.AddMemoryRegion, TestGuest.Words(0, TestGuest.GuestStart, Behind, TestGuest.UserStart, 0), TestGuest.Duplicate(hostile.Memory));
        int delivered = 0;
        for (int round = 0; round < Rounds; round++)
        {
            Scribble(hostile, random, Behind);
            Restart(hostile, random);
            hostile.Port.Serve(0);
            program.Send(Frames.Make(Frames.Broadcast, B, random.Next(60, 1514), seed: round));
            program.Receive();
            honest.Post(1);
            honest.SendFrame(Frames.Make(B, A, 60, seed: round));
            honest.TakeSent();
            delivered += program.Receive().Count;
            honest.Receive();
        }

        delivered.Should().BeGreaterThanOrEqualTo(Rounds);
        hostile.Bytes[Behind..].IndexOfAnyExcept((byte)0xa5).Should().Be(-1);
    }

    [Fact]
    public void A_chain_without_end_ends_and_stops_the_ring()
    {
        using TestGuest a = MakeGuest("a", 0);
        a.Put(Frames.Make(B, A), header: null, ring: 1, isIndirect: false, 12);
        Span<SplitDescriptor> table = MemoryMarshal.Cast<byte, SplitDescriptor>(a.Bytes[DriverRing.PlaceBytes..]);
        table[1].Flags = DescriptorFlags.Next;
        table[1].Next = 0;
        a.Port.Serve(0);

        a.Port.Transmitters[0].Queue!.IsBroken.Should().BeTrue();
        a.Session.CloseBroken();
        a.Port.Transmitters[0].Queue.Should().BeNull();
    }

    [Fact]
    public void An_index_that_jumps_stops_the_ring()
    {
        using TestGuest a = MakeGuest("a", 0);
        MemoryMarshal.Cast<byte, ushort>(a.Bytes[(DriverRing.PlaceBytes + 0x4000)..])[1] = TestGuest.RingSize + 1;
        a.Port.Serve(0).Should().BeFalse();

        a.Port.Transmitters[0].Queue!.IsBroken.Should().BeTrue();
    }

    [Theory]
    [InlineData(0UL, 64u)]
    [InlineData(TestGuest.GuestStart - 1, 64u)]
    [InlineData(TestGuest.GuestStart + TestGuest.MemoryBytes - 10, 64u)]
    [InlineData(TestGuest.GuestStart + 0x10000, uint.MaxValue)]
    [InlineData(ulong.MaxValue - 5, 64u)]
    public void Addresses_outside_of_the_guests_memory_send_nothing(ulong address, uint length)
    {
        using TestGuest a = MakeGuest("a", 0);
        NetmapClient program = OpenProgram("p");
        a.Rings[1].Add([(address, length)], isWritten: false, isIndirect: false);
        a.SendFrame(Frames.Make(Frames.Broadcast, A));

        program.Receive().Should().HaveCount(1);
        a.Port.Totals().Tx.BadSlot.Should().Be(1);
        a.TakeSent().Should().Be(2);
    }

    [Fact]
    public void Memory_that_is_cut_short_hurts_only_the_guest()
    {
        using TestGuest a = MakeGuest("a", 0);
        using TestGuest b = MakeGuest("b", 0);
        NetmapClient program = OpenProgram("p");
        a.Post(4);
        a.Put(Frames.Make(Frames.Broadcast, A));
        Libc.FTruncate(a.Memory, 0).Should().Be(0);
        a.Port.Serve(0);
        b.Post(1);
        program.Send(Frames.Make(Frames.Broadcast, B));

        b.ReceiveFrames().Should().HaveCount(1);
    }

    /// <summary>Messages of any kind with any contents and any descriptors: an answer, a refusal or an end, and nothing else.</summary>
    [Fact]
    public void Random_messages_do_no_harm()
    {
        const int Rounds = 20000;
        Random random = new(77);
        GuestPort port = MakePort("a", pairs: 2);
        using TestGuest guest = new(port, VirtioFeatures.MultiQueue);
        int done = 0;
        int ended = 0;
        using EventFd good = new();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] body = new byte[random.Next(3) == 0 ? random.Next(300) : 40];
            random.NextBytes(body);
            if (random.Next(2) == 0)
            {
                Sane(body, random);
            }

            List<Fd> descriptors = [];
            for (int left = random.Next(3); left != 0; left--)
            {
                descriptors.Add(TestGuest.Duplicate(random.Next(3) == 0 ? guest.Memory : good.Descriptor));
            }

            if (guest.SendBytes((VhostRequest)random.Next(45), body, descriptors, wants: random.Next(2) == 0) < 0)
            {
                ended++;
                guest.Reconnect();
            }
            else
            {
                done++;
            }

            port.Serve(0);
            port.Serve(1);
        }

        done.Should().BePositive();
        ended.Should().BePositive();
    }

    private static void Sane(byte[] body, Random random)
    {
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(body.AsSpan());
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = random.Next(6) switch
            {
                0 => (ulong)random.Next(8),
                1 => TestGuest.UserStart + (ulong)random.Next(TestGuest.MemoryBytes),
                2 => TestGuest.GuestStart,
                3 => (ulong)TestGuest.MemoryBytes,
                4 => (ulong)VirtioFeatures.Version1 | (ulong)VirtioFeatures.ProtocolFeatures,
                _ => (uint)random.Next(4) | ((ulong)random.Next(1 << 16) << 32),
            };
        }
    }

    /// <summary>Writes to rings and tables: random words, or words that nearly make sense.</summary>
    private static void Scribble(TestGuest guest, Random random, int end)
    {
        for (int i = random.Next(1, 40); i != 0; i--)
        {
            int place = random.Next(2 * DriverRing.PlaceBytes / 8);
            Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(guest.Bytes);
            words[place] = random.Next(4) switch
            {
                0 => (ulong)random.NextInt64(),
                1 => TestGuest.GuestStart + (ulong)random.Next(end),
                2 => (uint)random.Next(3000) | ((ulong)random.Next(8) << 32) | ((ulong)random.Next(80) << 48),
                _ => ((ulong)random.Next(70) << 16) | ((ulong)random.Next(70) << 32) | ((ulong)random.Next(0x10000) << 48),
            };
        }

        // The ends, where a copy that rounds up would show.
        Span<SplitDescriptor> table = MemoryMarshal.Cast<byte, SplitDescriptor>(guest.Bytes);
        uint length = (uint)random.Next(1, 2000);
        table[random.Next(TestGuest.RingSize)] = new SplitDescriptor
        {
            Address = TestGuest.GuestStart + (ulong)end - length,
            Length = length,
            Flags = DescriptorFlags.Write,
        };
    }

    /// <summary>A ring that was stopped for its contents is set up again, at any place.</summary>
    private static void Restart(TestGuest guest, Random random)
    {
        guest.Session.CloseBroken();
        for (int ring = 0; ring < 2; ring++)
        {
            Virtqueue? queue = ring == 0 ? guest.Port.Receivers[0].Queue : guest.Port.Transmitters[0].Queue;
            if (queue is null)
            {
                using EventFd kick = new();
                guest.Send(VhostRequest.SetRingBase, TestGuest.Pair(ring, (uint)random.Next(TestGuest.RingSize) * 0x10001));
                guest.Send(VhostRequest.SetRingKick, TestGuest.Words((ulong)ring), TestGuest.Duplicate(kick.Descriptor));
            }
        }
    }
}

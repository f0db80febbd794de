using FluentAssertions;
using NetmapCuse.Core.Abi.Virtio;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Vale.Guests;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>Calls to guests and kicks from them: only those that were asked for, and never one too few.</summary>
public sealed class GuestNotificationTests : GuestTest
{
    public static TheoryData<ulong> Kinds =>
    [
        0, (ulong)VirtioFeatures.EventIndex, (ulong)VirtioFeatures.PackedRing,
        (ulong)(VirtioFeatures.PackedRing | VirtioFeatures.EventIndex),
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_guest_is_called_when_it_wants_to_be(ulong kind)
    {
        using TestGuest a = MakeGuest("a", (VirtioFeatures)kind);
        using TestGuest b = MakeGuest("b", (VirtioFeatures)kind);
        b.Post(40);
        DriverRing ring = b.Rings[0];

        // The first time a ring that goes by events says so in any case: what was told before is not known.
        ring.WantCalls(want: true, b.ByEvent);
        Deliver(a, b, frames: 1).Should().BeTrue();
        b.Receive();
        for (int round = 0; round < 4; round++)
        {
            ring.WantCalls(want: false, b.ByEvent);
            Deliver(a, b, frames: 3).Should().BeFalse("nobody asked for a call");
            b.Receive().Should().HaveCount(3);
            ring.WantCalls(want: true, b.ByEvent);
            Deliver(a, b, frames: 2).Should().BeTrue("a call was asked for");
            b.Receive().Should().HaveCount(2);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Chains_that_come_before_the_port_sleeps_are_seen_and_later_ones_kick(ulong kind)
    {
        using TestGuest a = MakeGuest("a", (VirtioFeatures)kind);
        Virtqueue queue = a.Port.Transmitters[0].Queue!;
        for (int round = 0; round < 200; round++)
        {
            _ = a.Rings[1].TakeKickWanted(a.ByEvent);
            a.Put(Frames.Make(Frames.Broadcast, 1));
            a.Port.Serve(0).Should().BeTrue();
            queue.Arm().Should().BeFalse();
            a.Put(Frames.Make(Frames.Broadcast, 1));
            a.Rings[1].TakeKickWanted(a.ByEvent).Should().BeTrue("the port asked for a kick");
            queue.Disarm();
            a.Put(Frames.Make(Frames.Broadcast, 1));
            a.Rings[1].TakeKickWanted(a.ByEvent).Should().BeFalse("one kick is enough");
            queue.Arm().Should().BeTrue("there is something already");
            queue.Disarm();
            a.Port.Serve(0).Should().BeTrue();
            a.TakeSent().Should().Be(3);
        }
    }

    /// <summary>
    /// A driver and the port at once, each sleeping whenever it finds nothing and was promised a signal: a lost signal would stop
    /// both for ever.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void No_signal_is_lost_between_a_driver_and_the_port(ulong kind)
    {
        const int Frames = 20000;
        using TestGuest a = MakeGuest("a", (VirtioFeatures)kind);
        Virtqueue queue = a.Port.Transmitters[0].Queue!;
        using SemaphoreSlim kicks = new(0);
        using EventFd call = new();
        byte[] frame = Device.Frames.Make(Device.Frames.Broadcast, 1);
        int forwarded = 0;
        Thread port = new(() =>
        {
            while (Volatile.Read(ref forwarded) < Frames)
            {
                if (a.Port.Serve(0))
                {
                    Volatile.Write(ref forwarded, (int)a.Port.Totals().Tx.Frames);
                }
                else if (!queue.Arm() && !kicks.Wait(TimeSpan.FromSeconds(30)))
                {
                    return;
                }
                else
                {
                    queue.Disarm();
                }
            }
        });
        port.Start();
        int outstanding = 0;
        for (int sent = 0; sent < Frames; sent++)
        {
            while (outstanding == TestGuest.RingSize)
            {
                outstanding -= a.TakeSent();
            }

            a.Put(frame);
            outstanding++;

            // The chain before the look at what the port wants.
            Interlocked.MemoryBarrier();
            if (a.Rings[1].TakeKickWanted(a.ByEvent))
            {
                kicks.Release();
            }
        }

        port.Join(TimeSpan.FromSeconds(60)).Should().BeTrue("the port is not asleep");
        forwarded.Should().Be(Frames);
    }

    private static bool Deliver(TestGuest from, TestGuest to, int frames)
    {
        to.Calls[0].Drain();
        for (int i = 0; i < frames; i++)
        {
            from.Put(Frames.Make(Frames.Broadcast, 1));
        }

        from.Port.Serve(0);
        from.TakeSent();
        return to.IsCalled(0);
    }
}

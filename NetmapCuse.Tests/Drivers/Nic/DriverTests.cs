using FluentAssertions;
using NetmapCuse.Drivers.Vfio;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>Our drivers on models that Linux's drivers have judged (scripts/lab.d/suites/models).</summary>
public sealed class DriverTests
{
    private const int Window = 64;
    private const int Longest = 1514;

    public static TheoryData<string> Kinds => ["r8168", "ixgbe", "nforce"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Frames_of_all_sizes_go_both_ways_over_the_ends_of_the_rings(string chip)
    {
        using ModelRig rig = new(chip);
        Pass(rig, rounds: 40);
        rig.Chips[0].Counters.Interrupts.Should().BeGreaterThan(0);
    }

    [Theory]
    [InlineData("r8168", InterruptKind.Wire)]
    [InlineData("ixgbe", InterruptKind.Wire)]
    [InlineData("ixgbe", InterruptKind.Message)]
    public void Other_interrupts_do_as_well(string chip, object interrupts)
    {
        using ModelRig rig = new(chip, interrupts: (InterruptKind)interrupts);
        using NetmapClient to = rig.Open(1);
        using NetmapClient from = rig.Open(0);
        for (int i = 0; i < 20; i++)
        {
            ModelRig.Await(() => !rig.Chips[1].HasCause, "the last one is handled");
            long before = rig.Chips[1].Counters.Interrupts;
            from.Send(Frame(1, i));
            ModelRig.Await(() => rig.Chips[1].Counters.Interrupts > before, "the receiver is interrupted");
            Collect(to, [Frame(1, i)]);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_chip_may_take_its_time_and_write_descriptors_by_halves(string chip)
    {
        for (int seed = 1; seed <= 50; seed++)
        {
            using ModelRig rig = new(chip, seed);
            Pass(rig, rounds: 3);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_receiver_that_does_not_read_loses_frames_and_goes_on_afterwards(string chip)
    {
        using ModelRig rig = new(chip);
        using NetmapClient to = rig.Open(1);
        using NetmapClient from = rig.Open(0);
        for (int i = 0; i < 2 * 256; i += 16)
        {
            SendAll(from, [.. Enumerable.Range(i, 16).Select(number => Frame(1, number))]);
        }

        ModelRig.Await(() => rig.Chips[0].Counters.Sent >= 2 * 256, "all is sent");
        List<byte[]> got = [];
        ModelRig.Await(
            () =>
            {
                got.AddRange(to.Receive());
                return got.Count >= 255;
            },
            "a whole ring has come");
        got.Take(255).Should().BeEquivalentTo(
            Enumerable.Range(0, 255).Select(i => Frame(1, i)), options => options.WithStrictOrdering());
        ModelRig.Await(() => rig.Wire.IsIdle && to.Receive().Count == 0, "nothing is under way");
        SendAll(from, [Frame(1, 1000)]);
        Collect(to, [Frame(1, 1000)]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_pulled_cable_stops_traffic_until_it_is_plugged_in_again(string chip)
    {
        using ModelRig rig = new(chip);
        using NetmapClient to = rig.Open(1);
        using NetmapClient from = rig.Open(0);
        SendAll(from, [Frame(1, 1)]);
        Collect(to, [Frame(1, 1)]);
        rig.Wire.Cut(true);
        rig.AwaitLink(false);
        long sent = rig.Chips[0].Counters.Sent;
        from.Send(Frame(1, 2), Frame(1, 3));
        from.Tx.Ready.Should().BeLessThan(255, "without a link nothing is taken");
        rig.Chips[0].Counters.Sent.Should().Be(sent);
        rig.Wire.Cut(false);
        rig.AwaitLink(true);
        ModelRig.Await(() => Sync(from) == 255, "what waited is sent");
        Collect(to, [Frame(1, 2), Frame(1, 3)]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Opening_and_closing_leaves_nothing_behind(string chip)
    {
        using ModelRig rig = new(chip);
        for (int round = 0; round < 20; round++)
        {
            using NetmapClient to = rig.Open(1);
            using NetmapClient from = rig.Open(0);
            SendAll(from, [Frame(1, round)]);
            Collect(to, [Frame(1, round)]);
        }

        ModelRig.Await(() => rig.Devices.All(device => device.Memory.Maps == 1), "only control memory is mapped");
    }

    [Fact]
    public void Flows_are_spread_over_queues_and_a_queue_that_nobody_reads_stops_no_other()
    {
        const uint Queues = 4;
        using ModelRig rig = new("ixgbe", queues: Queues);
        using NetmapClient to = rig.Open(1);
        using NetmapClient from = rig.Open(0);
        int[] counts = new int[Queues];
        int stalled = -1;
        for (int i = 0; i < 4000; i++)
        {
            SendAll(from, [Datagram((ushort)i)]);
            to.RxSync();
            for (int queue = 0; queue < Queues; queue++)
            {
                // The first queue that gets a frame is never read.
                stalled = stalled < 0 && to.RxRings[queue]!.Ready > 0 ? queue : stalled;
                counts[queue] += queue == stalled ? 0 : to.RxRings[queue]!.TakeAll().Count;
            }
        }

        ModelRig.Await(() => rig.Wire.IsIdle, "nothing is under way");
        to.RxSync();
        to.RxRings[stalled]!.Ready.Should().Be(255);
        rig.Chips[1].Counters.Missed.Should().BeGreaterThan(0);
        for (int queue = 0; queue < Queues; queue++)
        {
            if (queue != stalled)
            {
                (counts[queue] + to.RxRings[queue]!.TakeAll().Count).Should().BeGreaterThan(500);
            }
        }
    }

    private static byte[] Frame(int destination, int number) =>
        Frames.Make(destination + 1, 0, 60 + (int)(number * 389L % (Longest - 60 + 1)), number);

    // An UDP datagram over IPv4 to station 2.
    private static byte[] Datagram(ushort port)
    {
        byte[] frame = Frames.Make(2, 1, 64, port);
        frame[12] = 8;
        frame[13] = 0;
        frame[14] = 0x45;
        (frame[20], frame[21]) = (0, 0);
        frame[23] = 17;
        (frame[34], frame[35]) = ((byte)(port >> 8), (byte)port);
        return frame;
    }

    private static void Pass(ModelRig rig, int rounds)
    {
        using NetmapClient b = rig.Open(1);
        using NetmapClient a = rig.Open(0);
        for (int round = 0; round < rounds; round++)
        {
            byte[][] there = [.. Enumerable.Range(round * Window, Window).Select(i => Frame(1, i))];
            byte[][] back = [.. Enumerable.Range(round * Window, Window).Select(i => Frame(0, i + 7))];
            SendAll(a, there);
            SendAll(b, back);
            Collect(b, there);
            Collect(a, back);
        }
    }

    private static void SendAll(NetmapClient client, byte[][] frames)
    {
        foreach (byte[] frame in frames)
        {
            ModelRig.Await(() => client.Tx.Ready > 0 || Sync(client) > 0, "there is room to send");
            client.Tx.Put(frame);
        }

        client.TxSync().Should().Be(0);
    }

    private static uint Sync(NetmapClient client)
    {
        client.TxSync().Should().Be(0);
        return client.Tx.Ready;
    }

    private static void Collect(NetmapClient client, byte[][] frames)
    {
        List<byte[]> got = [];
        ModelRig.Await(
            () =>
            {
                got.AddRange(client.Receive());
                return got.Count >= frames.Length;
            },
            "the frames come");
        got.Should().HaveCount(frames.Length);
        for (int i = 0; i < frames.Length; i++)
        {
            got[i].AsSpan().SequenceEqual(frames[i]).Should().BeTrue("frame {0} comes as it was sent", i);
        }
    }
}

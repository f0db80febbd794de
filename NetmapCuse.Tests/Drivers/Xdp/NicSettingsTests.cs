using System.Diagnostics;
using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>Parameters and slot flags that say how an interface is served: generic_ringsize, generic_mit, NS_REPORT.</summary>
[Collection("real interfaces")]
public sealed class NicSettingsTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    private const int PollIn = 1;

    public override void Dispose()
    {
        base.Dispose();
        Set("generic_ringsize", 1024);
        Set("generic_mit", 100_000);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(512)]
    public void An_interface_that_has_no_ring_parameters_gets_the_slots_of_generic_ringsize(int slots)
    {
        using VethRig rig = new();
        Set("generic_ringsize", slots);

        NetmapClient a = rig.A.Run(() => Open().Register("a0"));

        a.Reg.TxSlots.Should().Be((uint)slots);
        a.Reg.RxSlots.Should().Be((uint)slots);
        a.Tx.NumSlots.Should().Be((uint)slots);
    }

    [Fact]
    public void A_slot_that_asks_for_a_report_comes_back_with_all_before_it()
    {
        using VethRig rig = new();
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        uint all = a.Tx.Ready;
        uint last = a.Tx.Head + 4;
        for (uint i = a.Tx.Head; i < last; i++)
        {
            a.Tx.Put(Frames.Make(Frames.Broadcast, 1));
        }

        a.Tx.Put(Frames.Make(Frames.Broadcast, 1), SlotFlags.Report);
        a.TxSync().Should().Be(0);

        (a.Tx.Slot(last).Flags & SlotFlags.Report).Should().Be(SlotFlags.None);
        SpinWait.SpinUntil(() => a.TxSync() == 0 && a.Tx.Ready == all, 30_000).Should().BeTrue();
    }

    [Fact]
    public async Task Who_waits_for_frames_that_follow_each_other_is_woken_as_often_as_generic_mit_says()
    {
        const int Count = 60;
        const int Milliseconds = 100;
        using VethRig rig = new();
        Set("generic_mit", Milliseconds * 1_000_000);
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        Task sender = Background.Run(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                RawLink.Send(rig.B, "b0", Frames.Make(Frames.Broadcast, 1, 60, i));
                Thread.Sleep(1);
            }

            return true;
        });

        Stopwatch time = Stopwatch.StartNew();
        int woken = 0;
        int received = 0;
        while (received < Count && a.Poll(PollIn, 30_000) == PollIn)
        {
            woken++;
            received += a.Rx.TakeAll().Count(frame => frame[12] == 0x88);
        }

        await sender;
        received.Should().Be(Count);
        woken.Should().BeLessThanOrEqualTo(5 + (int)(time.ElapsedMilliseconds / Milliseconds));
    }

    [Fact]
    public async Task Without_mitigate_each_frame_wakes_at_once_whatever_generic_mit_says()
    {
        using VethRig rig = new();
        Set("generic_mit", 2_000_000_000);
        Set("mitigate", 0);
        NetmapClient a = rig.A.Run(() => Open().Register("a0"));
        Set("mitigate", 1);
        Stopwatch time = Stopwatch.StartNew();
        const int Count = 8;
        for (int i = 0; i < Count; i++)
        {
            Task<int> waiting = Background.Run(() => a.Poll(PollIn, 30_000));
            RawLink.Send(rig.B, "b0", Frames.Make(Frames.Broadcast, 1, 60, i));
            (await waiting).Should().Be(PollIn);
            SpinWait.SpinUntil(() => a.RxSync() == 0 && a.Rx.TakeAll().Any(frame => frame[12] == 0x88), 30_000).Should().BeTrue();
            a.RxSync().Should().Be(0);
        }

        time.Elapsed.TotalSeconds.Should().BeLessThan(2 * (Count - 1), "generic_mit would have made it wait two seconds for each");
    }

    private void Set(string name, int value) => device.Device.Parameters
        .SetAtStart(name, value.ToString(CultureInfo.InvariantCulture)).Should().Be(0);
}

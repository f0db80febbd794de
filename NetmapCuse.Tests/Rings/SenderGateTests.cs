using FluentAssertions;
using NetmapCuse.Core.Rings;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Rings;

public sealed class SenderGateTests
{
    private const uint Slots = 256;

    private readonly SenderGate _gate = new();
    private RingIndexes _indexes;
    private RingCounters _counters;

    [Fact]
    public void A_closed_gate_gives_nothing()
    {
        Claim(1).Should().BeNull();
        _gate.IsOpen.Should().BeFalse();
        Open();
        Claim(1).Should().NotBeNull();
        _gate.IsOpen.Should().BeTrue();
    }

    [Fact]
    public void As_many_slots_as_are_free_or_none()
    {
        Open(position: 250);
        Claim(0).Should().BeNull();
        Claim(Slots).Should().BeNull();
        Claim(200).Should().Be(new Claim(250, 200));
        Claim(56, out uint free).Should().BeNull();
        free.Should().Be(Slots - 1 - 200);
        Claim(55).Should().Be(new Claim(194, 55));
        Claim(1).Should().BeNull();
    }

    /// <summary>64 places for claims were fewer than there are threads; now every slot has one.</summary>
    [Fact]
    public void Every_slot_can_be_a_claim_of_its_own()
    {
        Open(position: 17);
        Claim[] claims = [.. Enumerable.Range(0, (int)Slots - 1).Select(_ => Claim(1)!.Value)];

        foreach (Claim claim in claims.Skip(1).Reverse())
        {
            Complete(claim).Should().BeFalse("the oldest is open");
        }

        _indexes.HwTail.Should().Be(17);
        Complete(claims[0]).Should().BeTrue();
        _indexes.HwTail.Should().Be(16);
        _counters.Frames.Should().Be(Slots - 1);
    }

    [Fact]
    public void The_tail_moves_over_what_is_finished_in_the_order_of_the_claims()
    {
        Open();
        Claim first = Claim(3)!.Value;
        Claim second = Claim(2)!.Value;
        Claim third = Claim(4)!.Value;

        Complete(second).Should().BeFalse();
        _indexes.HwTail.Should().Be(0);
        Complete(first).Should().BeTrue();
        _indexes.HwTail.Should().Be(5);
        Complete(third).Should().BeTrue();
        _indexes.HwTail.Should().Be(9);
    }

    [Fact]
    public async Task Closing_waits_for_open_claims_and_lets_nobody_in_meanwhile()
    {
        Open();
        Claim claim = Claim(2)!.Value;
        Task<bool> closing = Background.Run(() =>
        {
            _gate.Close();
            return true;
        });
        SpinWait.SpinUntil(() => !_gate.IsOpen, Background.Patience).Should().BeTrue();
        Claim(1).Should().BeNull();
        closing.IsCompleted.Should().BeFalse();

        Complete(claim);
        (await closing.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().BeTrue();
    }

    [Fact]
    public void A_gate_that_never_was_open_closes_and_holds_still()
    {
        _indexes.HwTail = 5;
        _gate.Close();
        _gate.HoldStill();
        _gate.LetGo();
    }

    [Fact]
    public async Task Held_still_nobody_claims_or_completes()
    {
        Open();
        Claim(1).Should().NotBeNull();
        Complete(new Claim(0, 1));
        _gate.HoldStill();
        Task<bool> claiming = Background.Run(() => Claim(1) is not null);
        (await Task.WhenAny(claiming, Task.Delay(50, TestContext.Current.CancellationToken))).Should().NotBe(claiming);

        _gate.LetGo();
        (await claiming.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().BeTrue();
    }

    [Fact]
    public async Task Many_senders_fill_each_slot_once_and_the_receiver_sees_no_hole()
    {
        const int Senders = 8;
        const int Each = 20_000;
        Open();
        uint[] slots = new uint[Slots];
        Task<bool>[] senders = [.. Enumerable.Range(0, Senders).Select(sender => Background.Run(() =>
        {
            Random random = new(sender);
            for (int sent = 0; sent < Each;)
            {
                uint wanted = (uint)Math.Min(random.Next(1, 20), Each - sent);
                if (Claim(wanted) is not { } claim)
                {
                    Thread.Yield();
                    continue;
                }

                for (uint i = 0; i < wanted; i++)
                {
                    ref uint slot = ref slots[RingWindow.Advance(claim.Start, i, Slots)];
                    Interlocked.Exchange(ref slot, 1).Should().Be(0u, "the slot was free");
                }

                Complete(claim);
                sent += (int)wanted;
            }

            return true;
        }))];

        int received = 0;
        while (received < Senders * Each && !Array.Exists(senders, static sender => sender.IsFaulted))
        {
            uint tail = Volatile.Read(ref _indexes.HwTail);
            uint head = _indexes.HwCur;
            for (; head != tail; head = RingWindow.Next(head, Slots), received++)
            {
                Interlocked.Exchange(ref slots[head], 0).Should().Be(1u, "the slot was filled");
            }

            Volatile.Write(ref _indexes.HwCur, head);
        }

        (await Task.WhenAll(senders)).Should().OnlyContain(done => done);
        received.Should().Be(Senders * Each);
        _counters.Frames.Should().Be(Senders * Each);
    }

    private void Open(uint position = 0)
    {
        _indexes.HwCur = position;
        _indexes.HwTail = position;
        _gate.Open(ref _indexes, Slots);
    }

    private Claim? Claim(uint wanted) => Claim(wanted, out _);

    private Claim? Claim(uint wanted, out uint free) =>
        _gate.TryClaim(ref _indexes, Slots, wanted, out free, out Claim claim) ? claim : null;

    private bool Complete(Claim claim) => _gate.Complete(ref _indexes, ref _counters, claim, claim.Count, claim.Count * 60);
}

using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Monitors;

public sealed class PipeMonitorTests(AnyDevice device) : MonitorTest(device), IClassFixture<AnyDevice>
{
    [Fact]
    public void Copies_of_both_directions()
    {
        NetmapClient master = Port("vale0:p{1");
        NetmapClient slave = Port("vale0:p}1");
        NetmapClient monitor = Monitor("vale0:p{1", Rx | Tx);

        master.Send(Frame(1));
        slave.Send(Frame(2));

        Slots(monitor).Should().BeEquivalentTo(
            new[] { (Frame(1), SlotFlags.TxMonitored), (Frame(2), SlotFlags.None) });
        slave.Receive().Should().BeEquivalentTo(Batch(1, 1));
        master.Receive().Should().BeEquivalentTo(Batch(2, 1));
    }

    [Fact]
    public void What_waits_in_the_sender_is_seen_once()
    {
        NetmapClient master = Port("vale0:p{1");
        NetmapClient slave = Port("vale0:p}1");
        NetmapClient sent = Monitor("vale0:p{1", Tx);
        NetmapClient received = Monitor("vale0:p}1", Rx);

        master.Tx.Put(Frame(1), SlotFlags.MoreFragments);
        master.TxSync();
        master.TxSync();
        master.Tx.Put(Frame(2));
        master.TxSync();

        sent.Receive().Should().BeEquivalentTo(Batch(1, 2), o => o.WithStrictOrdering());
        received.Receive().Should().BeEquivalentTo(Batch(1, 2), o => o.WithStrictOrdering());
        slave.Receive().Should().HaveCount(2);
    }

    [Fact]
    public void A_reset_of_the_sender_starts_again_at_what_is_unsent()
    {
        NetmapClient master = Port("vale0:p{1");
        NetmapClient monitor = Monitor("vale0:p{1", Tx);
        master.Tx.Put(Frame(1), SlotFlags.MoreFragments);
        master.TxSync();
        monitor.Receive().Should().HaveCount(1);

        master.Tx.Head = 9999;
        master.TxSync();
        master.Tx.Head.Should().Be(0);
        master.Tx.Put(Frame(2));
        master.TxSync();

        monitor.Receive().Should().BeEquivalentTo(Batch(2, 1));
    }

    [Fact]
    public void A_monitored_end_leaves_while_the_other_goes_on()
    {
        NetmapClient master = Port("vale0:p{1");
        NetmapClient slave = Port("vale0:p}1");
        NetmapClient copy = Monitor("vale0:p}1", Rx);
        NetmapClient swap = Monitor("vale0:p}1", ZeroCopy);
        slave.Dispose();
        SpinWait.SpinUntil(() => (copy.Poll(In) & Error) != 0, 30_000).Should().BeTrue();

        master.Send(Batch(0, 10));

        copy.Receive().Should().BeEmpty();
        swap.Poll(In).Should().Be(Error);
        Port("vale0:p}1").Receive().Should().BeEquivalentTo(Batch(0, 10), o => o.WithStrictOrdering());
    }

    [Fact]
    public void A_port_on_no_switch_has_monitors_too()
    {
        NetmapClient pipe = Port("p0{1");
        NetmapClient port = Port("p0");
        NetmapClient monitor = Monitor("p0", Tx);
        port.Send(Frame(1));
        Slots(monitor).Should().BeEquivalentTo(new[] { (Frame(1), SlotFlags.TxMonitored) });
        pipe.Reg.MemoryId.Should().Be(port.Reg.MemoryId);
    }

    [Fact]
    public void Zero_copy_monitors_of_both_ends_see_what_was_sent_however_far_the_writer_is()
    {
        NetmapClient master = Port("vale0:p{1");
        NetmapClient slave = Port("vale0:p}1");
        NetmapClient writer = Monitor("vale0:p{1", ZeroCopy);
        NetmapClient reader = Monitor("vale0:p}1", ZeroCopy);
        List<byte[]> written = [];
        List<byte[]> read = [];
        for (int round = 0; round < 20; round++)
        {
            master.TxSync();
            master.Send(Batch(round * 40, 40));
            slave.Receive().Should().HaveCount(40);
            read.AddRange(Slots(reader).Select(static slot => slot.Data));
            written.AddRange(Slots(writer).Select(static slot => slot.Data));
        }

        master.TxSync();
        written.AddRange(Slots(writer).Select(static slot => slot.Data));
        read.Should().BeEquivalentTo(Batch(0, 800), o => o.WithStrictOrdering());
        written.Should().BeEquivalentTo(Batch(0, 800), o => o.WithStrictOrdering());
        AllDifferent(master.Tx, slave.Tx, reader.Rx, reader.Tx, writer.Rx, writer.Tx);
    }

    [Fact]
    public void Zero_copy_of_the_reader_and_of_the_writer()
    {
        NetmapClient master = Port("vale0:p{1");
        NetmapClient slave = Port("vale0:p}1");
        NetmapClient reader = Monitor("vale0:p}1", ZeroCopy);
        NetmapClient writer = Monitor("vale0:p{1", ZeroCopy);

        master.Send(Frame(1), Frame(2));
        reader.Receive().Should().BeEmpty("the reader has not released them");
        slave.Receive().Should().BeEquivalentTo(Batch(1, 2));
        Slots(reader).Should().BeEquivalentTo(new[] { (Frame(1), SlotFlags.None), (Frame(2), SlotFlags.None) });
        Slots(writer).Should().BeEquivalentTo(
            new[] { (Frame(1), SlotFlags.TxMonitored), (Frame(2), SlotFlags.TxMonitored) }, "a copy, as the reader has the buffers");
        master.TxSync();
        Slots(writer).Should().BeEmpty("each is seen once");
        (master.Tx.Slot(0).Flags & SlotFlags.BufferChanged).Should().Be(SlotFlags.BufferChanged);
        AllDifferent(master.Tx, slave.Tx, reader.Rx, reader.Tx, writer.Rx, writer.Tx);
        slave.Rx.Buffers().Should().Equal(master.Tx.Buffers(), "the two sides of a pipe have the same buffers");
    }

    [Fact]
    public void The_books_are_exact_while_a_monitored_pipe_lives()
    {
        NetmapClient master = Port("vale0:p{1");
        NetmapClient slave = Port("vale0:p}1");
        (uint Free, uint Charged, uint Limbo) before = Audit(master);
        for (int round = 0; round < 5; round++)
        {
            NetmapClient reader = Monitor("vale0:p}1", ZeroCopy);
            NetmapClient writer = Monitor("vale0:p{1", ZeroCopy);
            for (int i = 0; i < 10; i++)
            {
                master.Send(Batch(100 * i, 30));
                slave.Receive().Should().BeEquivalentTo(Batch(100 * i, 30), o => o.WithStrictOrdering());
                reader.Receive().Should().HaveCount(30);
                writer.Receive();
            }

            reader.Dispose();
            writer.Dispose();
            SpinWait.SpinUntil(() => Device.Device.OpenFiles == 2, 30_000).Should().BeTrue();
            Audit(master).Should().Be(before);
        }
    }

    private static void AllDifferent(params ClientRing[] rings) =>
        rings.SelectMany(ring => ring.Buffers()).Should().OnlyHaveUniqueItems();
}

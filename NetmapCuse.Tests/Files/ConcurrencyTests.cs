using System.Buffers.Binary;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Files;

/// <summary>Several threads on one device, without a mount: what the transport's threads do to it.</summary>
public sealed class ConcurrencyTests
{
    private const int Senders = 3;
    private const int Batches = 3000;
    private const int Batch = 50;
    private const int PollIn = 1;

    [Fact]
    public async Task Senders_to_one_receiver_keep_their_order_and_every_frame_is_counted()
    {
        using DirectDevice device = new();
        NetmapClient receiver = device.Open().Register("vale0:r");
        receiver.Send(Frames.Make(Frames.Broadcast, 99));
        NetmapClient[] senders = [.. Enumerable.Range(0, Senders).Select(i => device.Open().Register($"vale0:{i}"))];

        Task<bool>[] sending = [.. senders.Select((client, i) => Background.Run(() => SendNumbers(client, i)))];
        Task<bool> all = Background.Run(() => Task.WhenAll(sending).Wait(TimeSpan.FromSeconds(60)));
        long[] last = [.. Enumerable.Repeat(-1L, Senders)];
        long received = 0;
        while (!all.IsCompleted || receiver.Poll(PollIn) != 0)
        {
            foreach (byte[] frame in receiver.Receive())
            {
                received++;
                CheckNumber(frame, last);
            }
        }

        (await all).Should().BeTrue();
        ulong dropped = device.Device.Plane.Inspect(
            ports => ports.Ports.First(port => port.Name == "vale0:r").Totals().Rx.NoRoom);
        ((ulong)received + dropped).Should().Be(Senders * Batches * Batch);
        received.Should().BePositive();
        Close([receiver, .. senders], device);
    }

    [Fact]
    public async Task Ports_come_and_go_while_others_send()
    {
        using DirectDevice device = new();
        NetmapClient[] senders = [.. Enumerable.Range(0, 2).Select(i => device.Open().Register($"vale0:{i}"))];
        using CancellationTokenSource stop = new();

        Task<bool>[] sending = [.. senders.Select((client, i) => Background.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                client.Send([.. Enumerable.Range(0, 30).Select(n => Frames.Make(Frames.Broadcast, i, 60 + n))]);
                client.Receive();
            }

            return true;
        }))];
        for (int round = 0; round < 400; round++)
        {
            string name = round % 3 == 0 ? "vale0:x{1" : "vale0:x";
            using NetmapClient comer = device.Open().Register(name, new NmreqRegister { RxRings = 3, TxSlots = 64, RxSlots = 64 });
            comer.Send(Frames.Make(Frames.Broadcast, 50));
            comer.Receive();
        }

        await stop.CancelAsync();
        (await Task.WhenAll(sending)).Should().OnlyContain(done => done);
        Close(senders, device);
    }

    [Fact]
    public async Task A_pipe_loses_nothing_between_two_threads()
    {
        const int Frames = 200_000;
        using DirectDevice device = new();
        NetmapClient master = device.Open().Register("vale0:a{1", new NmreqRegister { TxSlots = 64, RxSlots = 64 });
        NetmapClient slave = device.Open().Register("vale0:a}1");

        Task<bool> writing = Background.Run(() =>
        {
            for (int sent = 0; sent < Frames; master.TxSync())
            {
                for (; sent < Frames && master.Tx.Ready != 0; sent++)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(master.Tx.Buffer(master.Tx.Slot(master.Tx.Head).BufferIndex), sent);
                    master.Tx.Advance(1);
                }
            }

            return true;
        });
        int expected = 0;
        while (expected < Frames && slave.RxSync() == 0)
        {
            for (; slave.Rx.Ready != 0; slave.Rx.Advance(1), expected++)
            {
                int number = BinaryPrimitives.ReadInt32LittleEndian(slave.Rx.Buffer(slave.Rx.Slot(slave.Rx.Head).BufferIndex));
                if (number != expected)
                {
                    throw new InvalidOperationException($"Frame {number} comes where {expected} should.");
                }
            }
        }

        (await writing.WaitAsync(Background.Patience, TestContext.Current.CancellationToken)).Should().BeTrue();
        Close([master, slave], device);
    }

    [Fact]
    public async Task Threads_that_sync_one_file_at_the_same_time_skip_busy_rings()
    {
        using DirectDevice device = new();
        NetmapClient a = device.Open().Register("vale0:a");
        NetmapClient b = device.Open().Register("vale0:b");

        Task<bool>[] threads = [.. Enumerable.Range(0, 3).Select(_ => Background.Run(() =>
        {
            bool good = true;
            for (int i = 0; i < 20000; i++)
            {
                good &= a.TxSync() == 0 && a.RxSync() == 0 && (a.Poll(5) & ~5) == 0;
            }

            return good;
        }))];
        (await Task.WhenAll(threads)).Should().OnlyContain(good => good);

        a.Send(Frames.Make(Frames.Broadcast, 1));
        b.Receive().Should().HaveCount(1);
        Close([a, b], device);
    }

    private static bool SendNumbers(NetmapClient client, int sender)
    {
        byte[] frame = Frames.Make(99, sender);
        long number = 0;
        for (int batch = 0; batch < Batches; batch++)
        {
            for (int i = 0; i < Batch; i++, number++)
            {
                frame[14] = (byte)sender;
                BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(15), number);
                BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(50), ~number);
                client.Tx.Put(frame);
            }

            client.TxSync();
        }

        return true;
    }

    private static void CheckNumber(byte[] frame, long[] last)
    {
        long number = BinaryPrimitives.ReadInt64LittleEndian(frame.AsSpan(15));
        if (number <= last[frame[14]] || BinaryPrimitives.ReadInt64LittleEndian(frame.AsSpan(50)) != ~number)
        {
            throw new InvalidOperationException($"Frame {number} of sender {frame[14]} comes after {last[frame[14]]}, or torn.");
        }

        last[frame[14]] = number;
    }

    private static void Close(NetmapClient[] clients, DirectDevice device)
    {
        Array.ForEach(clients, client => client.Dispose());
        DeviceBooks.AssertIdle(device.Device);
    }
}

using System.Buffers.Binary;
using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Monitors;

/// <summary>Monitors that come, go and die under traffic.</summary>
public sealed class MonitorLoadTests(AnyDevice device) : MonitorTest(device), IClassFixture<AnyDevice>
{
    private static readonly TimeSpan s_load = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Frames_of_two_senders_and_the_parent_arrive_whole_and_in_order()
    {
        NetmapClient a = Port("vale0:a", slots: 256);
        NetmapClient monitor = Monitor("vale0:a", Rx | Tx, slots: 1024);
        NetmapClient swap = Monitor("vale0:a", ZeroCopy, slots: 1024);
        using CancellationTokenSource end = new(s_load);
        Task<uint>[] senders =
        [
            Sender(Port("vale0:b", slots: 256), 1, end.Token),
            Sender(Port("vale0:c", slots: 256), 2, end.Token),
            Sender(a, 3, end.Token),
        ];
        uint[] last = new uint[4];
        uint[] lastSwapped = new uint[4];
        int seen = 0;
        while (!end.IsCancellationRequested)
        {
            a.Receive();
            seen += CheckAll(monitor, last);
            CheckAll(swap, lastSwapped);
        }

        foreach (uint sent in await Task.WhenAll(senders))
        {
            sent.Should().BePositive();
        }

        seen.Should().BePositive();
        last[1..].Should().OnlyContain(number => number > 0, "all three were seen");
    }

    [Fact]
    public async Task Monitors_come_and_go_under_traffic()
    {
        NetmapClient a = Port("vale0:a", slots: 128);
        NetmapClient b = Port("vale0:b", slots: 128);
        NetmapClient master = Port("vale0:a{1", slots: 128);
        NetmapClient slave = Port("vale0:a}1", slots: 128);
        (uint Free, uint Charged, uint Limbo) before = Audit(a);
        using CancellationTokenSource end = new(s_load);
        Task<uint>[] senders = [Sender(b, 1, end.Token), Sender(a, 2, end.Token), Sender(master, 3, end.Token)];
        Task readers = Background.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                a.Receive();
                b.Receive();
                slave.Receive();
            }

            return true;
        });
        string[] parents = ["vale0:a", "vale0:a{1", "vale0:a}1"];
        int rounds = 0;
        for (; !end.IsCancellationRequested; rounds++)
        {
            NetmapClient[] monitors =
            [
                .. parents.Select(parent => Monitor(parent, Rx | Tx)),
                .. parents.Select(parent => Monitor(parent, ZeroCopy)),
                .. parents.Select(parent => Monitor(parent, ZeroCopy)),
            ];
            foreach (NetmapClient monitor in monitors)
            {
                monitor.Receive();
            }

            for (int i = 0; i < monitors.Length; i++)
            {
                monitors[(i + rounds) % monitors.Length].Dispose();
            }
        }

        await Task.WhenAll(senders);
        await readers;
        rounds.Should().BeGreaterThan(3);
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == 4, 30_000).Should().BeTrue();
        (uint free, uint charged, uint limbo) = Audit(a);
        (free + charged + limbo).Should().Be(before.Free + before.Charged);
    }

    [Fact]
    public async Task Parents_come_and_go_under_their_monitors()
    {
        NetmapClient b = Port("vale0:b", slots: 128);
        using CancellationTokenSource end = new(s_load);
        Task<uint> sender = Sender(b, 1, end.Token);
        int orphans = 0;
        while (!end.IsCancellationRequested)
        {
            NetmapClient a = Port("vale0:a", slots: 64);
            NetmapClient copy = Monitor("vale0:a", Rx);
            NetmapClient swap = Monitor("vale0:a", ZeroCopy);
            a.Receive();
            a.Dispose();
            copy.Receive();
            swap.Receive();
            orphans += SpinWait.SpinUntil(() => swap.Poll(In) != In, 30_000) ? 1 : 0;
            copy.Dispose();
            swap.Dispose();
        }

        await sender;
        orphans.Should().BePositive();
    }

    [Theory]
    [InlineData("vale0:k/r", "vale0:k")]
    [InlineData("vale0:k/z", "vale0:k")]
    [InlineData("vale0:k{1/z", "vale0:k{1")]
    [InlineData("vale0:k{1/rt", "vale0:k{1")]
    public void Killed_clients_leave_nothing_behind(string monitor, string parent)
    {
        foreach (bool monitorFirst in new[] { true, false })
        {
            using Process sender = Start(parent, "tx");
            SpinWait.SpinUntil(() => Device.Device.OpenFiles == 1 && IsPort(), 30_000).Should().BeTrue();
            using Process watcher = Start(monitor, "rx");
            SpinWait.SpinUntil(() => Device.Device.OpenFiles == 2, 30_000).Should().BeTrue();
            Thread.Sleep(200);
            watcher.HasExited.Should().BeFalse();
            Process[] order = monitorFirst ? [watcher, sender] : [sender, watcher];
            foreach (Process one in order)
            {
                one.Kill();
                one.WaitForExit();
            }

            DeviceBooks.AssertIdle(Device.Device);
        }

        bool IsPort() => Device.Device.Plane.Inspect(ports => ports.Ports.Any());
    }

    [Fact]
    public unsafe void Watching_allocates_nothing()
    {
        NetmapDevice direct = Device.Device;
        byte* memory = Client.Map(direct.Memory, 1 << 30);
        using (NetmapClient a = new(new DirectFile(direct, memory)))
        using (NetmapClient b = new(new DirectFile(direct, memory)))
        using (NetmapClient copy = new(new DirectFile(direct, memory)))
        using (NetmapClient swap = new(new DirectFile(direct, memory)))
        {
            a.Register("vale0:a");
            b.Register("vale0:b");
            copy.Register("vale0:a", new NmreqRegister { Flags = Rx | Tx });
            swap.Register("vale0:a", new NmreqRegister { Flags = ZeroCopy });
            byte[] frame = Frame(1);
            Exchange(100);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Exchange(100);
            GC.GetAllocatedBytesForCurrentThread().Should().Be(before);

            void Exchange(int rounds)
            {
                for (int i = 0; i < rounds; i++)
                {
                    a.Tx.Put(frame);
                    b.Tx.Put(frame);
                    a.TxSync();
                    b.TxSync();
                    Skip(a);
                    Skip(b);
                    Skip(copy);
                    Skip(swap);
                }
            }
        }

        Client.Unmap(memory, 1 << 30);

        static void Skip(NetmapClient client)
        {
            client.RxSync();
            client.Rx.Advance(client.Rx.Ready);
            client.RxSync();
        }
    }

    /// <summary>Sends frames with a number each until the end.</summary>
    private static Task<uint> Sender(NetmapClient client, byte who, CancellationToken end) => Background.Run(() =>
    {
        uint number = 0;
        byte[] frame = new byte[300];
        frame.AsSpan(0, 6).Fill(0xff);
        while (!end.IsCancellationRequested)
        {
            for (int i = 0; i < 32 && client.Tx.Ready != 0; i++)
            {
                frame[6] = (byte)(2 * who);
                BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(14), ++number);
                frame.AsSpan(18).Fill((byte)number);
                client.Tx.Put(frame);
            }

            client.TxSync();
        }

        return number;
    });

    private static int CheckAll(NetmapClient monitor, uint[] last)
    {
        List<byte[]> frames = monitor.Receive();
        foreach (byte[] frame in frames)
        {
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(14));
            int who = frame[6] / 2;
            frame.Length.Should().Be(300);
            frame.AsSpan(18).IndexOfAnyExcept((byte)number).Should().Be(-1, "the frame is whole");
            number.Should().BeGreaterThan(last[who]);
            last[who] = number;
        }

        return frames.Count;
    }

    private Process Start(string port, string role) =>
        Samples.Start("nm-gen", "-d", Device.Path, "-i", port, "-f", role);
}

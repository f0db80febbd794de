using FluentAssertions;
using NetmapCuse.Core.Interop;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Interop;

/// <summary>Pages that are taken away. Without the guard these tests end the test run.</summary>
[Collection(MountTests.Name)]
public sealed unsafe class BusErrorGuardTests
{
    private const int Size = 1 << 20;

    [Fact]
    public void A_file_that_is_cut_short_reads_as_zeros()
    {
        using Fd file = Client.MemFd(Size);
        using MappedMemory memory = MappedMemory.Map(file, Size);
        BusErrorGuard.TryAdd(memory.Address, Size, out int place).Should().BeTrue();
        memory.Address[5000] = 1;
        Libc.FTruncate(file, 0).Should().Be(0);

        memory.Address[5000].Should().Be(0);
        memory.Address[0] = 7;
        memory.Address[Size - 1] = 8;

        memory.Address[0].Should().Be(7);
        BusErrorGuard.Remove(place).Should().BeTrue();
    }

    [Fact]
    public void Many_threads_meet_the_end_at_once()
    {
        for (int round = 0; round < 20; round++)
        {
            using Fd file = Client.MemFd(Size);
            using MappedMemory memory = MappedMemory.Map(file, Size);
            BusErrorGuard.TryAdd(memory.Address, Size, out int place).Should().BeTrue();
            byte* start = memory.Address;
            using ManualResetEventSlim ended = new();
            Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() => Touch(start, ended)))];
            Array.ForEach(threads, thread => thread.Start());

            Thread.Sleep(2);
            Libc.FTruncate(file, 0).Should().Be(0);
            GC.Collect();
            Thread.Sleep(2);
            ended.Set();

            Array.ForEach(threads, thread => thread.Join());
            BusErrorGuard.Remove(place).Should().BeTrue();
        }
    }

    [Fact]
    public void A_mapping_that_nothing_happens_to_is_not_lost()
    {
        using Fd file = Client.MemFd(Size);
        using MappedMemory memory = MappedMemory.Map(file, Size);
        BusErrorGuard.TryAdd(memory.Address, Size, out int place).Should().BeTrue();

        new Span<byte>(memory.Address, Size).Fill(3);

        BusErrorGuard.Remove(place).Should().BeFalse();
    }

    private static void Touch(byte* start, ManualResetEventSlim ended)
    {
        uint i = 0;
        while (!ended.IsSet)
        {
            i = (i + 4099) % Size;
            Volatile.Write(ref start[i], (byte)(Volatile.Read(ref start[i]) + 1));
        }
    }
}

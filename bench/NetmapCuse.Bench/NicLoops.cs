using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;
using NetmapCuse.Drivers.Intel;
using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Bench;

/// <summary>
/// The transmit and receive loops of a driver against memory that plays a perfect chip, beside a minimal C loop over the same slots
/// and descriptors (bench/loops/nicloop.c), taking turns: "-- nic-loops LIBRARY".
/// </summary>
internal sealed unsafe class NicLoops : IDisposable
{
    private const uint Count = 1024;
    private const uint Batch = 256;
    private const int Rounds = 20_000;
    private const int Turns = 7;
    private const ulong TxDone = 1UL << 32;
    private const ulong Received = (60UL << 32) | 3;

    private readonly Arena _arena;
    private readonly Region _region;
    private readonly ControlMemory _memory = new(0x10_0000, 1 << 20);
    private readonly delegate* unmanaged<void*, void*, void*, uint, uint, ulong, uint, ulong, ulong> _tx;
    private readonly delegate* unmanaged<void*, void*, void*, uint, uint, ulong, uint, ulong, ulong> _rx;

    private NicLoops(string library)
    {
        nint handle = NativeLibrary.Load(library);
        _tx = (delegate* unmanaged<void*, void*, void*, uint, uint, ulong, uint, ulong, ulong>)NativeLibrary.GetExport(handle, "nicloop_tx");
        _rx = (delegate* unmanaged<void*, void*, void*, uint, uint, ulong, uint, ulong, ulong>)NativeLibrary.GetExport(handle, "nicloop_rx");
        RegionLayout layout = RegionLayout.TryCreate(
            new RegionSizes(new(10, 1024), new(4, 256 + (16 * Count)), new((2 * Count) + 2, 2048)), isPrivate: true)!;
        _arena = new Arena(layout.MemorySize);
        _arena.TryTake(layout.MemorySize, ulong.MaxValue, out ulong offset);
        _region = new Region(new ArenaRange(_arena, offset, layout.MemorySize), 1, layout, isPrivate: true, static _ => { });
    }

    internal static int Run(string library)
    {
        using NicLoops loops = new(Path.GetFullPath(library));
        loops.Compare("transmit", RingDirection.Tx);
        loops.Compare("receive", RingDirection.Rx);
        return 0;
    }

    public void Dispose()
    {
        _memory.Dispose();
        _arena.Dispose();
    }

    private void Compare(string name, RingDirection direction)
    {
        Kring ring = new(direction, 0, Count, isHost: false);
        Check.That(ring.TryCreate(_region), "the region is too small");
        ring.Start();
        for (uint i = 0; i < Count; i++)
        {
            ring.Slots[i].Length = 60;
        }

        Action ours = direction == RingDirection.Tx ? Transmitter(ring) : Receiver(ring);
        uint[] held = [.. Enumerable.Range(0, (int)Count).Select(i => ring.Slots[i].BufferIndex)];
        DmaBlock block = _memory.Take("c" + name, Count * 16);
        List<double> mine = [];
        List<double> theirs = [];
        for (int turn = 0; turn <= Turns; turn++)
        {
            double a = Time(ours);
            double b = Time(() => InC(direction, ring, block, held));
            if (turn != 0)
            {
                mine.Add(a);
                theirs.Add(b);
            }
        }

        mine.Sort();
        theirs.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {mine[Turns / 2]:0.00} ns a packet ({mine[0]:0.00} to {mine[^1]:0.00}), C {theirs[Turns / 2]:0.00} ({theirs[0]:0.00} to {theirs[^1]:0.00}), ratio {mine[Turns / 2] / theirs[Turns / 2]:0.00}"));
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / ((double)Rounds * Batch);
    }

    private void InC(RingDirection direction, Kring ring, DmaBlock block, uint[] held)
    {
        fixed (uint* buffers = held)
        fixed (Descriptor* descriptors = block.Items<Descriptor>())
        {
            uint count = _region.Layout.Buffer.Count;
            _ = direction == RingDirection.Tx
                ? _tx(ring.Slots, descriptors, buffers, Count, count, 1UL << 32, Batch, Rounds)
                : _rx(ring.Slots, descriptors, buffers, Count, count, 1UL << 32, Batch, Rounds);
        }
    }

    private Action Transmitter(Kring ring)
    {
        LastDoorbell doorbell = new();
        DescriptorTransmitQueue<AdvancedFormat> queue = new(
            new AdapterRing(ring), 1UL << 32, _memory.Take("tx", Count * 16), new NicLink { IsUp = true }, doorbell, 9000);
        uint at = 0;
        return () =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                _ = queue.Transmit(new SlotBatch(ring, at, Batch));
                at = (at + Batch) % Count;

                // The chip
                Span<Descriptor> descriptors = queue.Block.Items<Descriptor>();
                uint first = (doorbell.Tail + Count - Batch) % Count;
                for (uint k = 31; k < Batch; k += 32)
                {
                    descriptors[(int)((first + k) % Count)].High = TxDone;
                }

                Check.That(queue.Reclaim() == Batch, "a batch was not sent");
            }
        };
    }

    private Action Receiver(Kring ring)
    {
        DescriptorReceiveQueue<AdvancedFormat> queue = new(
            new AdapterRing(ring), 1UL << 32, _memory.Take("rx", Count * 16), new LastDoorbell(), 2048);
        queue.Take(new SlotBatch(ring, 0, Count));
        uint at = 0;
        return () =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                // The chip
                Span<Descriptor> descriptors = queue.Block.Items<Descriptor>();
                for (uint k = 0; k < Batch; k++)
                {
                    descriptors[(int)((at + k) % Count)].High = Received;
                }

                Check.That(queue.Receive(new SlotBatch(ring, at, Batch)) == Batch, "a batch was not received");
                queue.Refill(new SlotBatch(ring, at, Batch));
                at = (at + Batch) % Count;
            }
        };
    }

    /// <summary>Memory, where a chip would have a register.</summary>
    private sealed class LastDoorbell : Doorbell
    {
        internal uint Tail { get; private set; }

        internal override void Ring(uint tail) => Tail = tail;
    }
}

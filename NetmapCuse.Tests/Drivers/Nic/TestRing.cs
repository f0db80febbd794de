using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>A netmap ring in memory of its own, as a driver gets it.</summary>
internal sealed unsafe class TestRing : IDisposable
{
    internal const ulong Iova = 0x1_0000_0000;

    private readonly Arena _arena;
    private readonly Kring _kring;

    internal TestRing(RingDirection direction, uint slots, uint bufferSize = 2048)
    {
        RegionLayout layout = RegionLayout.TryCreate(
            new RegionSizes(new(10, 1024), new(2, 256 + (16 * slots)), new((2 * slots) + 2, bufferSize)), isPrivate: true)!;
        _arena = new Arena(layout.MemorySize);
        _arena.TryTake(layout.MemorySize, ulong.MaxValue, out ulong offset);
        Region = new Region(new ArenaRange(_arena, offset, layout.MemorySize), 1, layout, isPrivate: true, static _ => { });
        _kring = new Kring(direction, 0, slots, isHost: false);
        if (!_kring.TryCreate(Region))
        {
            throw new InvalidOperationException("the region is too small");
        }

        _kring.Start();
        Ring = new AdapterRing(_kring);
    }

    internal Region Region { get; }

    internal AdapterRing Ring { get; }

    internal ulong BadSlots => _kring.Counters.BadSlot;

    internal SlotBatch Batch(uint first, uint count) => new(_kring, first, count);

    internal ref NetmapSlot Slot(uint i) => ref _kring.Slots[i % _kring.NumSlots];

    /// <summary>Where the chip finds a buffer.</summary>
    internal ulong AddressOf(uint buffer) => Iova + Ring.OffsetOf(buffer);

    public void Dispose() => _arena.Dispose();
}

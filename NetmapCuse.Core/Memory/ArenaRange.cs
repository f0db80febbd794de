namespace NetmapCuse.Core.Memory;

/// <summary>A part of the arena, which every client of the device file maps.</summary>
internal sealed unsafe class ArenaRange(Arena arena, ulong offset, ulong bytes) : RegionMemory
{
    internal override byte* Address => arena.Address + offset;

    internal override ulong ClientOffset => offset;

    internal override bool FaultsAskUs => arena.FaultsAskUs;

    internal override bool Prepare(byte* address, ulong length) => arena.Prepare(address, length);

    internal override void Clear() => arena.Clear(offset, bytes);

    internal override void End() => arena.Return(offset, bytes);
}

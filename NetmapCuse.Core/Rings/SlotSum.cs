using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Rings;

/// <summary>What some slots come to: frames, each counted at its last slot, and their bytes.</summary>
internal struct SlotSum
{
    internal uint Frames;
    internal uint Bytes;

    internal void Add(in NetmapSlot slot)
    {
        Bytes += slot.Length;
        Frames += (slot.Flags & SlotFlags.MoreFragments) == 0 ? 1u : 0u;
    }

    internal readonly void AddTo(ref RingCounters counters)
    {
        counters.Frames += Frames;
        counters.Bytes += Bytes;
    }
}

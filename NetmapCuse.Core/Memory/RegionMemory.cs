namespace NetmapCuse.Core.Memory;

/// <summary>Where the memory of a region lies, and what becomes of it.</summary>
internal abstract unsafe class RegionMemory
{
    /// <summary>The first byte of the region, here.</summary>
    internal abstract byte* Address { get; }

    /// <summary>Where the region starts in what clients map.</summary>
    internal abstract ulong ClientOffset { get; }

    /// <inheritdoc cref="PacketMemory.FaultsAskUs"/>
    internal virtual bool FaultsAskUs => false;

    /// <inheritdoc cref="PacketMemory.Prepare"/>
    /// <param name="address">In the region.</param>
    /// <param name="length">Bytes.</param>
    internal abstract bool Prepare(byte* address, ulong length);

    /// <summary>The last user of the region is gone: whatever it left is removed, where that is ours to do.</summary>
    internal abstract void Clear();

    /// <summary>The region has ended. The memory is not touched any more.</summary>
    internal abstract void End();
}

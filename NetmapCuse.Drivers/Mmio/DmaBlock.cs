using NetmapCuse.Core.Memory;

namespace NetmapCuse.Drivers.Mmio;

/// <summary>A piece of control memory: descriptors and the like, which chip and driver both read and write.</summary>
internal sealed unsafe class DmaBlock
{
    private readonly byte* _address;

    /// <summary>Keeps the memory, which ends with the last one who has a part of it: queues of a NIC that is gone may outlive its driver.</summary>
    private readonly object _owner;

    internal DmaBlock(byte* address, ulong iova, uint bytes, object owner)
    {
        _owner = owner;
        _address = address;
        Iova = iova;
        Bytes = bytes;
    }

    /// <summary>Where the chip finds it.</summary>
    internal ulong Iova { get; }

    internal uint Bytes { get; }

    /// <summary>The low half of <see cref="Iova"/>, for registers of 32 bits.</summary>
    internal uint Low => (uint)Iova;

    internal uint High => (uint)(Iova >> 32);

    /// <summary>All of it as items; what is left at the end is not shown.</summary>
    internal Span<T> Items<T>()
        where T : unmanaged => new(_address, (int)(Bytes / (uint)sizeof(T)));

    /// <summary>Something at a place of it.</summary>
    internal ref T At<T>(uint offset)
        where T : unmanaged
    {
        Check.That(offset + (uint)sizeof(T) <= Bytes, "something lies outside its block of control memory");
        return ref *(T*)(_address + offset);
    }

    /// <summary>A part of it as a block of its own.</summary>
    internal DmaBlock Part(uint offset, uint bytes)
    {
        Check.That((ulong)offset + bytes <= Bytes, "a part is larger than its block of control memory");
        return new DmaBlock(_address + offset, Iova + offset, bytes, _owner);
    }

    internal void Clear() => new Span<byte>(_address, (int)Bytes).Clear();
}

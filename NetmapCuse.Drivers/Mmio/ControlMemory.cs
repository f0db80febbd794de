using NetmapCuse.Core.Memory;

namespace NetmapCuse.Drivers.Mmio;

/// <summary>
/// The memory of a driver that its chip reads and writes, apart from packet memory: no program maps it, so what stands in it is the
/// driver's and the chip's word only. Its I/O addresses have 32 bits. Blocks are kept by name for the life of the driver: a queue
/// that is opened again gets the block that it had.
/// </summary>
internal sealed unsafe class ControlMemory : IDisposable
{
    private const uint Page = 4096;

    private readonly MemFdMemory _memory;
    private readonly Dictionary<string, DmaBlock> _blocks = new(StringComparer.Ordinal);
    private ulong _used;

    /// <param name="iova">Where it begins for the chip: whole pages, below 4 GiB with all its bytes.</param>
    /// <param name="bytes">Whole pages.</param>
    internal ControlMemory(ulong iova, uint bytes)
    {
        Check.That(iova + bytes <= 1UL << 32, "control memory lies beyond 32 bits");
        Iova = iova;
        _memory = new MemFdMemory(bytes);
    }

    internal ulong Iova { get; }

    internal ulong Bytes => _memory.Size;

    internal byte* Address => _memory.Address;

    /// <summary>The block of this name, zeroed; made at first.</summary>
    /// <param name="name">One of the driver's choice.</param>
    /// <param name="bytes">The same each time.</param>
    /// <param name="alignment">A power of two, at most a page.</param>
    internal DmaBlock Take(string name, uint bytes, uint alignment = Page)
    {
        if (!_blocks.TryGetValue(name, out DmaBlock? block))
        {
            ulong start = (_used + alignment - 1) & ~(ulong)(alignment - 1);
            Check.That(start + bytes <= Bytes, "a driver has too little control memory");
            _used = start + bytes;
            block = new DmaBlock(Address + start, Iova + start, bytes, this);
            _blocks.Add(name, block);
        }

        Check.That(block.Bytes == bytes, "a block of control memory changes its size");
        block.Clear();
        return block;
    }

    public void Dispose() => _memory.Dispose();
}

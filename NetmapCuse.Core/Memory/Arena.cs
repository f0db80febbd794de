namespace NetmapCuse.Core.Memory;

/// <summary>The packet memory of one device file with the ranges of its regions. All regions lie in it.</summary>
internal sealed unsafe class Arena : IDisposable
{
    private readonly ArenaMap _map;
    private readonly PacketMemory _memory;

    /// <summary>An arena in memory of our own.</summary>
    internal Arena(ulong size) : this(new MemFdMemory(size))
    {
    }

    /// <param name="memory">Where the pages come from; disposed of with the arena.</param>
    internal Arena(PacketMemory memory)
    {
        _memory = memory;
        _map = new ArenaMap(memory.Size);
    }

    internal ulong Size => _map.Size;

    internal byte* Address => _memory.Address;

    /// <inheritdoc cref="PacketMemory.FaultsAskUs"/>
    internal bool FaultsAskUs => _memory.FaultsAskUs;

    /// <summary>A range of zeros for a region. False: no room (ENOMEM).</summary>
    internal bool TryTake(ulong bytes, ulong limit, out ulong offset)
    {
        if (!_map.TryTake(bytes, limit, out offset))
        {
            return false;
        }

        // A client of the former region may have written behind our back through a mapping that it kept.
        Clear(offset, bytes);
        return true;
    }

    /// <summary>Takes a range back; it reads as zeros when it is used next.</summary>
    internal void Return(ulong offset, ulong bytes)
    {
        Clear(offset, bytes);
        _map.Return(offset);
    }

    /// <inheritdoc cref="PacketMemory.Clear"/>
    internal void Clear(ulong offset, ulong bytes) => _memory.Clear(offset, bytes);

    /// <summary>Gives back pages that were touched outside of regions, no more than so many bytes at once.</summary>
    /// <param name="unused">Ranges of regions that nobody uses: nothing in them is needed.</param>
    /// <param name="budget">Bytes that are looked through where something was touched; what is left comes back.</param>
    /// <returns>True when there was something.</returns>
    internal bool Sweep(IEnumerable<(ulong Offset, ulong Length)> unused, ref ulong budget)
    {
        const ulong Piece = 8UL << 20;
        bool found = false;
        foreach ((ulong start, ulong length) in _map.Gaps().Concat(unused))
        {
            ulong end = start + length;
            for (ulong at = _memory.FirstTouched(start); at < end && budget != 0; at = _memory.FirstTouched(at))
            {
                ulong bytes = Math.Min(Math.Min(Piece, end - at), budget);
                Clear(at, bytes);
                budget -= bytes;
                at += bytes;
                found = true;
            }
        }

        return found;
    }

    /// <inheritdoc cref="PacketMemory.Prepare"/>
    internal bool Prepare(byte* address, ulong bytes) => _memory.Prepare((ulong)(address - Address), bytes);

    public void Dispose() => _memory.Dispose();
}

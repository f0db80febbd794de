using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>
/// The tables of a queue's descriptors, one for each number, in control memory: first the virtio-net header, which is never in a netmap
/// buffer, then buffers. And the numbers that are free.
/// </summary>
internal sealed class VirtioTables
{
    /// <summary>struct virtio_net_hdr with num_buffers (VIRTIO 1.2 section 5.1.6).</summary>
    internal const uint HeaderBytes = 12;

    /// <summary>Buffers of a frame at most.</summary>
    internal const uint BuffersMax = 8;

    private const uint Entries = 1 + BuffersMax;
    private const uint EntryBytes = 16;

    private readonly DmaBlock _tables;
    private readonly DmaBlock _header;
    private readonly uint[] _free;
    private readonly bool[] _isOut;
    private uint _freeCount;

    /// <param name="block">Of <see cref="Bytes"/>.</param>
    /// <param name="count">Descriptors of the queue.</param>
    internal VirtioTables(DmaBlock block, uint count)
    {
        Count = count;
        _tables = block.Part(0, count * Entries * EntryBytes);
        _header = block.Part(count * Entries * EntryBytes, EntryBytes);
        _free = new uint[count];
        _isOut = new bool[count];
        Rewind();
    }

    internal uint Count { get; }

    internal uint Free => _freeCount;

    /// <summary>Header and one buffer.</summary>
    internal static uint UsualBytes => 2 * EntryBytes;

    internal static uint Bytes(uint count) => (count * Entries * EntryBytes) + EntryBytes;

    internal static uint TableBytes(uint buffers) => (1 + buffers) * EntryBytes;

    /// <summary>One header for all: it says nothing when frames are sent, and nobody reads what is received there.</summary>
    internal ulong Header => _header.Iova;

    internal ulong Table(uint id) => _tables.Iova + (id * Entries * EntryBytes);

    internal Span<Descriptor> Entry(uint id) => _tables.Items<Descriptor>().Slice((int)(id * Entries), (int)Entries);

    internal uint Take()
    {
        uint id = _free[--_freeCount];
        _isOut[id] = true;
        return id;
    }

    /// <summary>A number comes back. False: the device had no such one.</summary>
    internal bool TryReturn(uint id)
    {
        if (id >= Count || !_isOut[id])
        {
            return false;
        }

        _isOut[id] = false;
        _free[_freeCount++] = id;
        return true;
    }

    internal bool IsOut(uint id) => id < Count && _isOut[id];

    internal void Rewind()
    {
        for (uint i = 0; i < Count; i++)
        {
            _free[i] = Count - 1 - i;
        }

        _freeCount = Count;
        Array.Clear(_isOut);
    }
}

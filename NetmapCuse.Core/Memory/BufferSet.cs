namespace NetmapCuse.Core.Memory;

/// <summary>A set of buffer indexes of one region. Indexes out of range are never members.</summary>
internal sealed class BufferSet(uint count)
{
    private readonly ulong[] _bits = new ulong[(count + 63) / 64];

    /// <summary>Adds; false when it was in already or is out of range.</summary>
    internal bool Add(uint buffer)
    {
        if (buffer >= count)
        {
            return false;
        }

        ulong bit = 1UL << (int)(buffer & 63);
        bool added = (_bits[buffer >> 6] & bit) == 0;
        _bits[buffer >> 6] |= bit;
        return added;
    }

    internal bool Contains(uint buffer) => buffer < count && (_bits[buffer >> 6] >> (int)(buffer & 63) & 1) != 0;
}

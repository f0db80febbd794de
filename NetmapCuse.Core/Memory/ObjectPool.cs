using System.Numerics;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Which objects of a pool are in use. The lowest free index is taken, always, as users of the original can observe.
/// Private to the daemon: nothing in shared memory can change it. Not thread-safe: the control plane's lock covers it.
/// </summary>
internal sealed class ObjectPool(uint count, uint reserved)
{
    private readonly ulong[] _used = Reserve(new ulong[(count + 63) / 64], reserved);
    private uint _lowestMaybeFree = reserved;

    /// <summary>Objects in the pool, reserved ones included.</summary>
    internal uint Count { get; } = count;

    /// <summary>Objects that can still be taken.</summary>
    internal uint Free { get; private set; } = count - reserved;

    internal bool IsUsed(uint index) => index < Count && (_used[index >> 6] >> (int)(index & 63) & 1) != 0;

    internal bool TryTake(out uint index)
    {
        for (uint word = _lowestMaybeFree >> 6; word < _used.Length; word++)
        {
            if (_used[word] == ulong.MaxValue)
            {
                continue;
            }

            index = (word << 6) + (uint)BitOperations.TrailingZeroCount(~_used[word]);
            if (index >= Count)
            {
                break;
            }

            _used[word] |= 1UL << (int)(index & 63);
            _lowestMaybeFree = index + 1;
            Free--;
            return true;
        }

        index = 0;
        return false;
    }

    /// <summary>Gives an object back; it must be in use.</summary>
    internal void Return(uint index)
    {
        Check.That(IsUsed(index), "an object is returned that nobody has");
        _used[index >> 6] &= ~(1UL << (int)(index & 63));
        _lowestMaybeFree = Math.Min(_lowestMaybeFree, index);
        Free++;
    }

    private static ulong[] Reserve(ulong[] used, uint reserved)
    {
        used[0] = (1UL << (int)reserved) - 1;
        return used;
    }
}

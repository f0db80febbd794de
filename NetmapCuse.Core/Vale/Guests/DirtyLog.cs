using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// The bitmap of a migration: a bit for each page of 4096 bytes of guest addresses that was written to. The front-end takes bits
/// out meanwhile, so they are set by atomic operations, after the write.
/// </summary>
internal sealed unsafe class DirtyLog : IDisposable
{
    private const int PageShift = 12;

    /// <summary>Enough for 32 TiB of guest.</summary>
    private const ulong BytesMax = 1UL << 30;

    private readonly MappedMemory _mapping;
    private readonly int _guard;
    private readonly byte* _bits;
    private readonly ulong _pages;

    private DirtyLog(MappedMemory mapping, int guard, ulong skipped, ulong size)
    {
        _mapping = mapping;
        _guard = guard;
        _bits = mapping.Address + skipped;
        _pages = size / sizeof(uint) * 32;
    }

    /// <summary>Maps the log; null when that is no memory, or not aligned to words.</summary>
    internal static DirtyLog? TryMap(Fd file, ulong offset, ulong size)
    {
        if (size is < sizeof(uint) or > BytesMax || offset > long.MaxValue - BytesMax || offset % sizeof(uint) != 0
            || SharedFile.TryMap(file, offset, size, out ulong skipped) is not { } mapping)
        {
            return null;
        }

        if (!BusErrorGuard.TryAdd(mapping.Address, mapping.Length, out int guard))
        {
            mapping.Dispose();
            return null;
        }

        return new DirtyLog(mapping, guard, skipped, size);
    }

    /// <summary>Notes that bytes of the guest were written. What the log does not cover is left out.</summary>
    internal void Mark(ulong guest, ulong length)
    {
        if (length == 0)
        {
            return;
        }

        ulong last = Math.Min((guest + length - 1) >> PageShift, _pages - 1);
        for (ulong page = guest >> PageShift; page <= last; page++)
        {
            // Also where the bit is set already: the operation is a barrier between the write and a front-end that takes the bit out.
            Interlocked.Or(ref *((int*)_bits + (page / 32)), 1 << (int)(page % 32));
        }
    }

    public void Dispose()
    {
        _ = BusErrorGuard.Remove(_guard);
        _mapping.Dispose();
    }
}

using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// A piece of a guest's memory, mapped here, too. Its owner may cut the file short at any moment: <see cref="BusErrorGuard"/> then
/// puts zeros in the place of all of it.
/// </summary>
internal sealed unsafe class GuestRegion : IDisposable
{
    private readonly MappedMemory _mapping;
    private readonly int _guard;
    private readonly ulong _skipped;

    private GuestRegion(MappedMemory mapping, int guard, ulong skipped, in GuestRange range)
    {
        _mapping = mapping;
        _guard = guard;
        _skipped = skipped;
        Range = range;
    }

    internal GuestRange Range { get; }

    /// <summary>Where <see cref="GuestRange.Guest"/> is here.</summary>
    internal byte* Host => _mapping.Address + _skipped;

    /// <summary>Maps a part of a file. The descriptor is not needed afterwards.</summary>
    /// <returns>Null when it is no memory, or the kernel refuses.</returns>
    internal static GuestRegion? TryMap(Fd file, in GuestRange range)
    {
        if (range.Size == 0 || !range.IsSound || SharedFile.TryMap(file, range.Offset, range.Size, out ulong skipped) is not { } mapping)
        {
            return null;
        }

        if (!BusErrorGuard.TryAdd(mapping.Address, mapping.Length, out int guard))
        {
            mapping.Dispose();
            return null;
        }

        return new GuestRegion(mapping, guard, skipped, range);
    }

    /// <summary>Nobody uses the memory any more.</summary>
    public void Dispose()
    {
        _ = BusErrorGuard.Remove(_guard);
        _mapping.Dispose();
    }
}

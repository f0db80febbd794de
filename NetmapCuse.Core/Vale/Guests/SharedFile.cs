using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>
/// Maps files that somebody else sent. Only files that live in memory are taken: a file system in another process could keep a page
/// fault of ours waiting for ever. Seals tell which they are, without a question to the file system: shared memory
/// and hugetlbfs have them, all others refuse (fcntl(2), F_GET_SEALS).
/// </summary>
internal static class SharedFile
{
    private const int GetSeals = 1034;
    private const ulong PageBytes = 4096;

    /// <summary>Address space is the daemon's: no honest guest has so much memory in one piece.</summary>
    private const ulong BytesMax = 1UL << 42;

    /// <param name="file">The file.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="size">Bytes of it.</param>
    /// <param name="skipped">Bytes of the mapping in front of it, as mappings start and end with pages.</param>
    internal static MappedMemory? TryMap(Fd file, ulong offset, ulong size, out ulong skipped)
    {
        skipped = 0;
        if (size > BytesMax || !IsMemory(file) || Libc.StatusOf(file, out Statx status) != 0)
        {
            return null;
        }

        // hugetlbfs says the size of its pages here; a mapping there has to be made of whole ones.
        ulong page = Math.Max(PageBytes, status.BlockSize);
        if (!System.Numerics.BitOperations.IsPow2(page))
        {
            return null;
        }

        ulong start = offset & ~(page - 1);
        skipped = offset - start;
        return MappedMemory.TryMap(file, start, (skipped + size + page - 1) & ~(page - 1));
    }

    internal static bool IsMemory(Fd file) => Libc.Fcntl(file, GetSeals, 0) >= 0;
}

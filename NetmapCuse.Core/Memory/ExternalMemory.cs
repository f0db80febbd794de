using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// A shared mapping of a client, mapped here, too: the same pages. Found in /proc/PID/maps and opened through
/// /proc/PID/map_files, which also works for memory without a name.
/// <para>
/// What the client may do to the file afterwards cannot be forbidden (only a memfd made for it takes seals), so it must do
/// no harm: <see cref="BusErrorGuard"/> turns pages that are gone into zeros. That leaves files whose pages come from a
/// server that may never answer (FUSE, network file systems, disks): only file systems that live in memory are taken. And
/// the daemon has rights that the client has not, so it opens only what the client has mapped for writing itself, and
/// opens it in two steps: the first tells which file it is without asking its file system for anything.
/// </para>
/// </summary>
internal sealed unsafe class ExternalMemory : IDisposable
{
    /// <summary>
    /// More than pools at their limits need. Clients may have as much address space as the daemon: what they map of their
    /// memory must not use that of the daemon up.
    /// </summary>
    private const ulong LengthMax = 1UL << 38;

    /// <summary>Kept open: the number of the file must not become another's while this one goes by it.</summary>
    private readonly Fd _file;
    private readonly MappedMemory _mapping;
    private readonly ulong _skipped;
    private readonly int _guard;

    private ExternalMemory(
        Fd file, MappedMemory mapping, ulong skipped, ulong length, int guard, MemoryIdentity identity)
    {
        _file = file;
        _mapping = mapping;
        _skipped = skipped;
        _guard = guard;
        Length = length;
        Identity = identity;
    }

    /// <summary>Why memory cannot be shared.</summary>
    internal enum Refusal
    {
        None,

        /// <summary>The range is not mapped, or not as one piece of one file that the process may write.</summary>
        NotMapped,

        /// <summary>Memory that no file stands behind: only a kernel could share it.</summary>
        Private,

        /// <summary>A file on a file system that does not live in memory.</summary>
        NotInMemory,

        /// <summary>More than anybody needs.</summary>
        TooLarge,

        /// <summary>The file cannot be opened or mapped here.</summary>
        Failed,
    }

    internal byte* Address => _mapping.Address + _skipped;

    /// <summary>Bytes from <see cref="Address"/>, whole pages.</summary>
    internal ulong Length { get; }

    internal MemoryIdentity Identity { get; }

    /// <summary>Maps the pages that hold a range of the caller's memory.</summary>
    /// <param name="process">What /proc has of the caller, who waits.</param>
    /// <param name="address">Anywhere in the first page.</param>
    /// <param name="length">Bytes from the start of that page.</param>
    /// <param name="memory">The memory, or null.</param>
    internal static Refusal TryOpen(ThreadFolder process, ulong address, ulong length, out ExternalMemory? memory)
    {
        memory = null;
        const ulong AddressesEnd = 1UL << 47;
        address &= ~(RegionLayout.Page - 1);
        if (length == 0 || length > AddressesEnd || address > AddressesEnd - length)
        {
            return Refusal.NotMapped;
        }

        if (length > LengthMax)
        {
            return Refusal.TooLarge;
        }

        if (process.IsInvalid)
        {
            return Refusal.NotMapped;
        }

        length = RegionLayout.RoundUp(length);
        try
        {
            ProcessMaps.Kind kind = ProcessMaps.Find(
                process.ReadLines("maps"), address, length, out ProcessMaps.Mapping mapping);
            return kind switch
            {
                ProcessMaps.Kind.Private => Refusal.Private,
                ProcessMaps.Kind.Shared => TryMap(process, mapping, length, out memory),
                _ => Refusal.NotMapped,
            };
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return Refusal.NotMapped;
        }
    }

    /// <summary>Ends the mapping. Nobody touches the memory any more.</summary>
    public void Dispose()
    {
        _ = BusErrorGuard.Remove(_guard);
        _mapping.Dispose();
        _file.Dispose();
    }

    private static Refusal TryMap(ThreadFolder process, ProcessMaps.Mapping mapping, ulong length, out ExternalMemory? memory)
    {
        memory = null;
        using Fd place = process.Open($"map_files/{mapping.Link}", OpenFlags.Path);
        if (place.IsInvalid || Libc.CachedStatusOf(place, out Statx status) != 0)
        {
            return Refusal.Failed;
        }

        ulong device = MemoryIdentity.DeviceNumber(status.DeviceMajor, status.DeviceMinor);
        if (device != mapping.Identity.Device || status.Inode != mapping.Identity.Inode)
        {
            return Refusal.NotMapped;
        }

        if (!MemoryFileSystems.Contains(device, process))
        {
            return Refusal.NotInMemory;
        }

        Fd file = Libc.Open(
            $"/proc/self/fd/{place.Number.ToString(CultureInfo.InvariantCulture)}",
            OpenFlags.ReadWrite | OpenFlags.CloseOnExec, 0);
        memory = file.IsInvalid ? null : TryMap(file, mapping.Identity, length);
        if (memory is null)
        {
            file.Dispose();
        }

        return memory is null ? Refusal.Failed : Refusal.None;
    }

    private static ExternalMemory? TryMap(Fd file, MemoryIdentity identity, ulong length)
    {
        if (Libc.StatusOf(file, out Statx status) != 0 || identity.Offset + length > status.Size)
        {
            return null;
        }

        ulong page = Math.Max(RegionLayout.Page, status.BlockSize);
        ulong start = identity.Offset / page * page;
        ulong end = (identity.Offset + length + page - 1) / page * page;
        if (MappedMemory.TryMap(file, start, end - start) is not { } mapped)
        {
            return null;
        }

        if (!BusErrorGuard.TryAdd(mapped.Address, mapped.Length, out int guard))
        {
            mapped.Dispose();
            return null;
        }

        return new ExternalMemory(file, mapped, identity.Offset - start, length, guard, identity);
    }
}

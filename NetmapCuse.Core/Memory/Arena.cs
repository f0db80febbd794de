using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// The memory of one device file: a sparse, sealed memfd that every client maps from offset 0 and in which all regions
/// lie. Its size is fixed for life, so no client can make the daemon touch memory that is not there.
/// </summary>
internal sealed unsafe class Arena : IDisposable
{
    private readonly ArenaMap _map;
    private readonly MappedMemory _memory;

    internal Arena(ulong size)
    {
        File = Libc.MemFdCreate("netmap", Libc.MfdCloexecSealable);
        if (File.IsInvalid)
        {
            throw PosixException.Last("memfd_create for the packet memory");
        }

        if (Libc.FTruncate(File, (long)size) != 0)
        {
            throw PosixException.Last($"setting the packet memory to {size} bytes");
        }

        if (Libc.Fcntl(File, Libc.FAddSeals, Libc.SealSize) != 0)
        {
            throw PosixException.Last("sealing the packet memory");
        }

        _memory = MappedMemory.Map(File, size);
        _map = new ArenaMap(size);
    }

    /// <summary>The memfd: the backing file of the device file.</summary>
    internal Fd File { get; }

    internal ulong Size => _map.Size;

    internal byte* Address => _memory.Address;

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

    /// <summary>Takes a range back; its pages go to the system and read as zeros from now on.</summary>
    internal void Return(ulong offset, ulong bytes)
    {
        Clear(offset, bytes);
        _map.Return(offset);
    }

    /// <summary>Gives the pages of a range back to the system.</summary>
    internal void Clear(ulong offset, ulong bytes)
    {
        if (Libc.FAllocate(File, Libc.PunchHole, (long)offset, (long)bytes) != 0)
        {
            throw PosixException.Last("punching a hole into the packet memory");
        }
    }

    public void Dispose()
    {
        _memory.Dispose();
        File.Dispose();
    }
}

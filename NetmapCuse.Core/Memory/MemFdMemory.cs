using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Packet memory of our own: a sparse memfd, sealed so that no client can make the daemon touch memory that is not there.
/// </summary>
public sealed unsafe class MemFdMemory : PacketMemory
{
    private readonly MappedMemory _mapping;

    /// <param name="size">Bytes, whole pages.</param>
    /// <param name="hugePages">Asks for transparent huge pages, which the kernel grants as <see cref="SharedHugePages"/> says.</param>
    public MemFdMemory(ulong size, bool hugePages = false) : base(size)
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

        _mapping = hugePages ? MappedMemory.MapForHugePages(File, size) : MappedMemory.Map(File, size);
    }

    /// <summary>The memfd.</summary>
    public Fd File { get; }

    internal override byte* Address => _mapping.Address;

    internal override bool Prepare(ulong offset, ulong length) => MappedMemory.Populate(Address + offset, length);

    /// <summary>The pages go back to the system and read as zeros from now on.</summary>
    internal override void Clear(ulong offset, ulong length)
    {
        if (Libc.FAllocate(File, Libc.PunchHole, (long)offset, (long)length) != 0)
        {
            throw PosixException.Last("punching a hole into the packet memory");
        }
    }

    internal override ulong FirstTouched(ulong offset)
    {
        long found = Libc.SeekData(File, (long)offset);
        return found >= 0 ? (ulong)found : Size;
    }

    protected override void Dispose(bool disposing)
    {
        _mapping.Dispose();
        File.Dispose();
    }
}

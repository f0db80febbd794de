using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>A shared mapping of a file. It is unmapped once, after everything that points into it is gone.</summary>
public sealed unsafe class MappedMemory : SafeHandle
{
    private MappedMemory(void* address, ulong length) : base(0, ownsHandle: true)
    {
        SetHandle((nint)address);
        Length = length;
    }

    public override bool IsInvalid => handle is 0 or -1;

    internal ulong Length { get; }

    internal byte* Address => (byte*)handle;

    /// <summary>Maps the whole length of the file, readable and writable, without touching a page.</summary>
    internal static MappedMemory Map(Fd file, ulong length)
    {
        const int Protection = Libc.ProtRead | Libc.ProtWrite;
        void* address = Libc.MMap(null, (nuint)length, Protection, Libc.MapShared | Libc.MapNoReserve, file, 0);
        return (nint)address != -1
            ? new MappedMemory(address, length)
            : throw PosixException.Last($"mmap of {length} bytes of packet memory");
    }

    /// <summary>
    /// The same at an address where huge pages of the file can be mapped, and asks for them. What the kernel makes of the
    /// request is seen in /proc/self/smaps (ShmemPmdMapped).
    /// </summary>
    internal static MappedMemory MapForHugePages(Fd file, ulong length)
    {
        const int Protection = Libc.ProtRead | Libc.ProtWrite;
        const ulong HugePage = 2 << 20;
        ulong reserved = length + HugePage;
        MappedMemory place = Reserve(reserved);
        ulong start = (ulong)place.Address;
        ulong aligned = (start + HugePage - 1) & ~(HugePage - 1);
        place.SetHandleAsInvalid();
        _ = Libc.MUnmap((void*)start, (nuint)(aligned - start));
        _ = Libc.MUnmap((void*)(aligned + length), (nuint)(start + reserved - aligned - length));
        void* address = Libc.MMap(
            (void*)aligned, (nuint)length, Protection, Libc.MapShared | Libc.MapNoReserve | Libc.MapFixed, file, 0);
        if ((nint)address == -1)
        {
            throw PosixException.Last($"mmap of {length} bytes of packet memory");
        }

        _ = Libc.MAdvise(address, (nuint)length, Libc.MadvHugePage);
        return new MappedMemory(address, length);
    }

    /// <summary>Takes addresses without memory; touching them ends the process until <see cref="Fill"/>.</summary>
    internal static MappedMemory Reserve(ulong length)
    {
        const int Flags = Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve;
        using Fd none = new(-1);
        void* address = Libc.MMap(null, (nuint)length, 0, Flags, none, 0);
        return (nint)address != -1
            ? new MappedMemory(address, length)
            : throw PosixException.Last($"reserving {length} bytes of addresses for packet memory");
    }

    /// <summary>Maps a file over the reserved addresses. Its pages are locked when they are touched.</summary>
    internal void Fill(Fd file)
    {
        const int Protection = Libc.ProtRead | Libc.ProtWrite;
        const int Flags = Libc.MapShared | Libc.MapNoReserve | Libc.MapFixed;
        if ((nint)Libc.MMap(Address, (nuint)Length, Protection, Flags, file, 0) == -1)
        {
            throw PosixException.Last($"mmap of {Length} bytes of the device file");
        }

        if (Libc.MLock2(Address, (nuint)Length, Libc.MLockOnFault) != 0)
        {
            throw PosixException.Last("locking packet memory (ulimit -l unlimited, or CAP_IPC_LOCK)");
        }
    }

    /// <summary>Maps a part of somebody else's file.</summary>
    /// <param name="file">The file, open for reading and writing.</param>
    /// <param name="offset">A multiple of the page size that the file has.</param>
    /// <param name="length">Likewise.</param>
    /// <returns>Null when the kernel refuses.</returns>
    internal static MappedMemory? TryMap(Fd file, ulong offset, ulong length)
    {
        const int Protection = Libc.ProtRead | Libc.ProtWrite;
        void* address = Libc.MMap(
            null, (nuint)length, Protection, Libc.MapShared | Libc.MapNoReserve, file, (long)offset);
        return (nint)address != -1 ? new MappedMemory(address, length) : null;
    }

    /// <summary>Takes the page faults of a range now. Returns false when the memory cannot be had.</summary>
    internal static bool Populate(byte* address, ulong length)
    {
        const ulong Page = 4096;
        ulong start = (ulong)address & ~(Page - 1);
        ulong end = ((ulong)address + length + Page - 1) & ~(Page - 1);
        if (Libc.MAdvise((void*)start, (nuint)(end - start), Libc.MadvPopulateWrite) == 0)
        {
            return true;
        }

        // EINVAL: a kernel before 5.14, which faults on first use instead.
        return Marshal.GetLastPInvokeError() == Abi.Linux.Errno.Inval;
    }

    protected override bool ReleaseHandle() => Libc.MUnmap((void*)handle, (nuint)Length) == 0;
}

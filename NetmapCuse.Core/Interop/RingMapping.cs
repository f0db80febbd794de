using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>A mapped part of an io_uring.</summary>
internal sealed unsafe class RingMapping : SafeHandle
{
    // PROT_READ | PROT_WRITE; MAP_SHARED | MAP_POPULATE
    private const int Protection = 1 | 2;
    private const int Flags = 0x1 | 0x8000;

    private readonly nuint _length;

    internal RingMapping(Fd ring, long offset, nuint length) : base(-1, ownsHandle: true)
    {
        _length = length;
        SetHandle((nint)Libc.MapRing(null, length, Protection, Flags, ring, offset));
        if (IsInvalid)
        {
            throw PosixException.Last("mmap of an io_uring");
        }
    }

    public override bool IsInvalid => handle == -1;

    internal byte* Start => (byte*)handle;

    protected override bool ReleaseHandle() => Libc.UnmapRing((void*)handle, _length) == 0;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>
/// Zeroed, page-aligned memory outside the managed heap: the kernel may keep its address between calls. Pages that nobody has touched
/// take no memory.
/// </summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    internal const int PageSize = 4096;

    internal NativeBuffer(int length) : base(0, ownsHandle: true)
    {
        Length = length;

        // calloc does not touch what comes fresh from the kernel.
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)length + PageSize));
    }

    public override bool IsInvalid => handle == 0;

    internal int Length { get; }

    /// <summary>For structures that carry addresses. The caller keeps this object alive meanwhile.</summary>
    internal ulong Address => ((ulong)handle + PageSize - 1) & ~(ulong)(PageSize - 1);

    /// <summary>Valid until this object is disposed of; its owner sees to that.</summary>
    internal Span<byte> Span => new((void*)Address, Length);

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>Zeroed, page-aligned memory outside the managed heap: the kernel may keep its address between calls.</summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    internal const int PageSize = 4096;

    internal NativeBuffer(int length) : base(0, ownsHandle: true)
    {
        Length = length;
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)length, PageSize));
        Span.Clear();
    }

    public override bool IsInvalid => handle == 0;

    internal int Length { get; }

    /// <summary>For structures that carry addresses. The caller keeps this object alive meanwhile.</summary>
    internal ulong Address => (ulong)handle;

    /// <summary>Valid until this object is disposed of; its owner sees to that.</summary>
    internal Span<byte> Span => new((void*)handle, Length);

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}

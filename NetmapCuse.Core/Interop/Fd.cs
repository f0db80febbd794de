using Microsoft.Win32.SafeHandles;

namespace NetmapCuse.Core.Interop;

/// <summary>A file descriptor that is closed exactly once. The raw number appears nowhere but here.</summary>
public sealed class Fd : SafeHandleMinusOneIsInvalid
{
    /// <summary>Made by the marshaller for an import that returns a descriptor.</summary>
    public Fd() : base(ownsHandle: true)
    {
    }

    /// <summary>Takes over a descriptor that the kernel stored somewhere instead of returning it.</summary>
    internal Fd(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>
    /// Looks at 32 bits only: the marshaller takes the whole register, and a C function that returns the int -1 leaves the
    /// upper half of it zero.
    /// </summary>
    public override bool IsInvalid => (int)handle < 0;

    /// <summary>The number, for structures that carry descriptors. The caller keeps this object alive meanwhile.</summary>
    internal int Number => (int)handle;

    protected override bool ReleaseHandle() => Libc.Close((int)handle) == 0;
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Copies a frame from one netmap buffer to another. Both are multiples of 64 bytes long and 64-byte aligned, so lengths
/// are rounded up to 64: no tail loop, and never a byte outside the two buffers. Not for rings that want copies to the byte
/// (<see cref="Rings.Kring.CopiesExactly"/>).
/// </summary>
internal static unsafe class FrameCopy
{
    private const uint Step = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Copy(byte* destination, byte* source, uint length)
    {
        Copy64(destination, source);
        for (uint done = Step; done < length; done += Step)
        {
            Copy64(destination + done, source + done);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy64(byte* destination, byte* source)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512.Store(Vector512.Load(source), destination);
            return;
        }

        Vector256<byte> low = Vector256.Load(source);
        Vector256<byte> high = Vector256.Load(source + 32);
        Vector256.Store(low, destination);
        Vector256.Store(high, destination + 32);
    }
}

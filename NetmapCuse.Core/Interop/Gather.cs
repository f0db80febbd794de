using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>Memory in several parts, copied as one.</summary>
internal static unsafe class Gather
{
    internal static byte[] ToArray(ReadOnlySpan<IoVector> parts)
    {
        List<byte> all = [];
        foreach (ref readonly IoVector part in parts)
        {
            all.AddRange(new ReadOnlySpan<byte>((byte*)part.Base, (int)part.Length));
        }

        return [.. all];
    }

    /// <summary>Fills the parts in order. False, and nothing done, when the data is longer than all of them.</summary>
    internal static bool TryFill(ReadOnlySpan<IoVector> parts, ReadOnlySpan<byte> data)
    {
        ulong room = 0;
        foreach (ref readonly IoVector part in parts)
        {
            room += part.Length;
        }

        if (room < (ulong)data.Length)
        {
            return false;
        }

        foreach (ref readonly IoVector part in parts)
        {
            int length = (int)Math.Min((ulong)data.Length, part.Length);
            data[..length].CopyTo(new Span<byte>((byte*)part.Base, length));
            data = data[length..];
        }

        return true;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Takes a request apart. What follows its header is one run of bytes when it comes from /dev/fuse, and two when it comes
/// from a ring: the first argument in the header buffer, the rest in the payload.
/// </summary>
internal ref struct RequestCursor
{
    private readonly ReadOnlySpan<byte> _payload;
    private readonly bool _split;
    private ReadOnlySpan<byte> _rest;

    /// <summary>A request from /dev/fuse.</summary>
    internal RequestCursor(ReadOnlySpan<byte> body) => _rest = body;

    /// <summary>A request from a ring.</summary>
    internal RequestCursor(ReadOnlySpan<byte> firstArgument, ReadOnlySpan<byte> payload)
    {
        _rest = firstArgument;
        _payload = payload;
        _split = true;
    }

    /// <summary>What follows the first argument, once that is taken.</summary>
    internal readonly ReadOnlySpan<byte> Rest => _split ? _payload : _rest;

    /// <summary>Takes the first argument; false when the request is too short for it.</summary>
    internal bool TryTake<T>(out T value)
        where T : unmanaged, IFuseIn
    {
        if (!MemoryMarshal.TryRead(_rest, out value))
        {
            return false;
        }

        _rest = _rest[Unsafe.SizeOf<T>()..];
        return true;
    }
}

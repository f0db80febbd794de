using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Fuse;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// One entry of a ring queue: the buffers in which a request arrives and its answer leaves. Between the registration (or a
/// commit) and the next completion they belong to the kernel, otherwise to the thread of the queue.
/// </summary>
internal sealed class UringEntry : IDisposable
{
    // One buffer: [iovec pair | headers] in the first page, then the payload.
    private const int HeadersOffset = 64;
    private const int PayloadOffset = NativeBuffer.PageSize;

    private readonly NativeBuffer _buffer = new(PayloadOffset + TransportLimits.PayloadSize);

    internal UringEntry(uint index)
    {
        Index = index;
        Span<IoVector> vectors = MemoryMarshal.Cast<byte, IoVector>(_buffer.Span[..HeadersOffset]);
        vectors[0] = new IoVector
        {
            Base = _buffer.Address + HeadersOffset,
            Length = (ulong)Unsafe.SizeOf<FuseUringHeaders>(),
        };
        vectors[1] = new IoVector
        {
            Base = _buffer.Address + PayloadOffset,
            Length = TransportLimits.PayloadSize,
        };
    }

    /// <summary>How many buffers a registration names: headers and payload.</summary>
    internal const uint VectorCount = 2;

    /// <summary>What a completion carries to name this entry.</summary>
    internal uint Index { get; }

    /// <summary>Where the pair of iovecs is.</summary>
    internal ulong VectorAddress => _buffer.Address;

    internal ref FuseUringHeaders Headers =>
        ref MemoryMarshal.AsRef<FuseUringHeaders>(_buffer.Span.Slice(HeadersOffset, Unsafe.SizeOf<FuseUringHeaders>()));

    internal Span<byte> Payload => _buffer.Span[PayloadOffset..];

    public void Dispose() => _buffer.Dispose();
}

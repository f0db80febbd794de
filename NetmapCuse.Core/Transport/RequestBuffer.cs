using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Transport;

/// <summary>Where a reader gets its requests: memory of its own, or one of the buffers that the pager sees, too.</summary>
/// <param name="shared">The buffers, or null for memory of its own; stay their owner's.</param>
/// <param name="index">Which of them.</param>
internal sealed class RequestBuffer(SharedBuffers? shared, int index) : IDisposable
{
    private readonly NativeBuffer? _own = shared is null ? new NativeBuffer(TransportLimits.BufferSize) : null;

    internal Span<byte> Span => shared is null ? _own!.Span : shared[index];

    public void Dispose() => _own?.Dispose();
}

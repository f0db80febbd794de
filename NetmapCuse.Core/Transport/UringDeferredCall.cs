namespace NetmapCuse.Core.Transport;

/// <summary>
/// A deferred call that came through a ring queue. It keeps its entry, and only the thread of the queue may submit, so the
/// answer is handed to that one.
/// </summary>
internal sealed class UringDeferredCall(
    UringQueue queue, UringEntry entry, DeferredCalls calls, ulong unique, int threadId, ReadOnlySpan<byte> data, int outSize)
    : DeferredCall(calls, unique, threadId, data, outSize)
{
    internal UringEntry Entry { get; } = entry;

    /// <summary>Valid from the hand-over on.</summary>
    internal int Result { get; private set; }

    /// <summary>What goes back to the caller.</summary>
    internal ReadOnlySpan<byte> OutData => Data.AsSpan(0, OutSize);

    protected override void Answer(int result)
    {
        Result = result;
        queue.HandOver(this);
    }
}

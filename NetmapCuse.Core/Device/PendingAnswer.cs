using NetmapCuse.Core.Transport;

namespace NetmapCuse.Core.Device;

/// <summary>The answer to a call that waits for a sync loop: given once, by whoever comes first.</summary>
internal sealed class PendingAnswer(DeferredReply reply)
{
    private int _given;

    /// <summary>The caller does not want to wait any more.</summary>
    internal CancellationToken Interrupted => reply.Interrupted;

    /// <param name="error">0 or a positive errno.</param>
    internal void Give(int error)
    {
        if (Interlocked.Exchange(ref _given, 1) == 0)
        {
            reply.Complete(-error);
        }
    }
}

using System.Diagnostics.CodeAnalysis;

namespace NetmapCuse.Core.Transport;

/// <summary>An ioctl that is answered later: what is common to both transports.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing to free.")]
internal abstract class DeferredCall : DeferredReply
{
    private readonly DeferredCalls _calls;
    private readonly CancellationTokenSource _interrupted = new();
    private int _completed;

    /// <param name="calls">Where an interrupt finds this call.</param>
    /// <param name="unique">Names the request.</param>
    /// <param name="threadId">Who calls.</param>
    /// <param name="data">The argument structure as it is now.</param>
    /// <param name="outSize">How much of it goes back to the caller.</param>
    protected DeferredCall(DeferredCalls calls, ulong unique, int threadId, ReadOnlySpan<byte> data, int outSize)
    {
        _calls = calls;
        Unique = unique;
        ThreadId = threadId;
        StartedAt = Environment.TickCount64;
        Data = data.ToArray();
        OutSize = Math.Min(outSize, data.Length);
        calls.Add(this);
    }

    public sealed override byte[] Data { get; }

    public sealed override CancellationToken Interrupted => _interrupted.Token;

    internal ulong Unique { get; }

    /// <summary>Who calls; waits until the call is answered.</summary>
    internal int ThreadId { get; }

    /// <summary>When it was deferred (Environment.TickCount64).</summary>
    internal long StartedAt { get; }

    protected int OutSize { get; }

    public sealed override void Complete(int result)
    {
        if (Interlocked.Exchange(ref _completed, 1) != 0)
        {
            throw new InvalidOperationException("a deferred call is answered once");
        }

        _calls.Remove(this);
        Answer(result);
    }

    /// <summary>The caller does not want to wait any more. May be told several times.</summary>
    internal void Interrupt() => _interrupted.Cancel();

    /// <summary>Takes the answer to the kernel. Nothing happens when the connection has ended.</summary>
    protected abstract void Answer(int result);
}

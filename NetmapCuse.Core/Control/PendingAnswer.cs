using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Core.Control;

/// <summary>The answer to a call that another thread executes: given once, by whoever comes first.</summary>
internal sealed class PendingAnswer
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);

    private readonly DeferredReply _reply;
    private int _given;

    /// <param name="reply">The way to answer.</param>
    /// <param name="client">Who waits for it.</param>
    /// <remarks>
    /// A caller that is interrupted gets its answer as ever if that takes no longer than a moment. If it does, EINTR:
    /// a caller that dies could never end while somebody waits for memory that only its end takes away.
    /// </remarks>
    internal PendingAnswer(DeferredReply reply, ClientProcess client)
    {
        _reply = reply;
        Client = client;
        reply.Interrupted.Register(() => _ = GiveUpAsync());
    }

    /// <summary>Who waits.</summary>
    internal ClientProcess Client { get; }

    /// <summary>The caller does not want to wait any more.</summary>
    internal CancellationToken Interrupted => _reply.Interrupted;

    /// <summary>The argument structure, to be edited before <see cref="Give"/>.</summary>
    internal byte[] Data => _reply.Data;

    /// <param name="error">0 or a positive errno.</param>
    internal void Give(int error)
    {
        if (Interlocked.Exchange(ref _given, 1) == 0)
        {
            Client.EndWait();
            _reply.Complete(-error);
        }
    }

    private async Task GiveUpAsync()
    {
        await Task.Delay(s_grace).ConfigureAwait(false);
        Give(Errno.Intr);
    }
}

using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Serves one ring whenever it has news, in the thread that brings them: of several threads one works, and what the others
/// bring meanwhile is not lost, because it looks again. Nobody works for others without end: after some rounds what is
/// left goes to a thread of the pool.
/// </summary>
/// <param name="ring">The ring.</param>
/// <param name="serve">Serves it once, the ring being held; true when it should be served again at once.</param>
/// <param name="tunables">txsync_retry.</param>
internal sealed class RingPump(Kring ring, Func<Kring, bool> serve, Ports.Tunables tunables)
    : ISleeper, IConsumer, IThreadPoolWorkItem
{
    private const int RoundsMax = 16;

    private int _pending;
    private volatile bool _hasEnded;

    internal Kring Ring => ring;

    public int Retries => tunables.TxSyncRetry;

    public void Wake(RingDirection direction) => Run();

    public void MakeRoom(Kring full) => Run();

    void IThreadPoolWorkItem.Execute() => Run();

    /// <summary>
    /// Stops the ring for good as far as this pump goes. Whoever still has a wake-up for it, or a turn in the pool, does nothing when the
    /// ring serves somebody else. Control plane.
    /// </summary>
    internal void End()
    {
        ring.Stop();
        _hasEnded = true;
    }

    /// <summary>Serves what came before there was a pump. News that come meanwhile find it at work and are served, too.</summary>
    internal void CatchUp() => Run();

    private void Run()
    {
        Volatile.Write(ref _pending, 1);
        Interlocked.MemoryBarrier();
        for (int round = 0; Volatile.Read(ref _pending) != 0 && ring.TryEnter(); round++)
        {
            if (_hasEnded)
            {
                ring.Exit();
                return;
            }

            if (round == RoundsMax)
            {
                ring.Exit();
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            // The exchange is a full barrier: news that came before it are seen by what follows.
            Interlocked.Exchange(ref _pending, 0);
            if (serve(ring))
            {
                Volatile.Write(ref _pending, 1);
            }

            ring.Exit();
            Interlocked.MemoryBarrier();
        }
    }
}

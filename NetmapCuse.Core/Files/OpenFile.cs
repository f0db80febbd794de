using NetmapCuse.Core.Loops;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Core.Files;

/// <summary>
/// One open of the device file: the same for all duplicates, forked and passed ones included. Unbound until REGISTER
/// succeeds; there is no way back but close.
/// </summary>
/// <param name="waker">Wakes those who sleep on the file.</param>
/// <param name="owner">User id of whoever opened it.</param>
internal sealed class OpenFile(IPollWaker waker, uint owner) : ISleeper
{
    private const int TellSleeper = 1;
    private const int TellReady = 2;

    private volatile Binding? _binding;
    private volatile CsbState? _csb;
    private volatile SyncLoop? _loop;
    private ulong _kernelHandle;
    private int _armed;
    private int _isSending;

    /// <summary>Null while the file is unbound.</summary>
    internal Binding? Binding
    {
        get => _binding;
        set => _binding = value;
    }

    /// <summary>Not null in CSB mode: there are no syncs and no poll then.</summary>
    internal CsbState? Csb
    {
        get => _csb;
        set => _csb = value;
    }

    /// <summary>The sync loop that runs.</summary>
    internal SyncLoop? Loop
    {
        get => _loop;
        set => _loop = value;
    }

    /// <summary>A loop was stopped that did not run: the next one ends at once. Control plane.</summary>
    internal bool LoopStopMark { get; set; }

    /// <summary>The last duplicate is gone. Where a loop still runs its end unbinds; nobody binds any more. Control plane.</summary>
    internal bool IsReleased { get; set; }

    /// <summary>When a duplicate was closed last (Environment.TickCount64), 0 for never: a release may be on its way.</summary>
    internal long FlushedAt { get; set; }

    /// <summary>User id of whoever opened it.</summary>
    internal uint Owner => owner;

    /// <summary>
    /// Whose memory indirect slots point into: the caller, unless somebody else's descriptor was passed to it. Who polls
    /// a descriptor that it was given does not offer its memory to the giver, who writes the slots.
    /// </summary>
    /// <returns>The thread id, or 0 for nobody.</returns>
    internal int IndirectThread(in Caller caller) => owner == 0 || owner == caller.UserId ? caller.ThreadId : 0;

    /// <summary>A poll's frames are about to be sent by another thread. False: those of an earlier one still are.</summary>
    internal bool TryBeginSending() => Interlocked.CompareExchange(ref _isSending, 1, 0) == 0;

    internal void EndSending() => Volatile.Write(ref _isSending, 0);

    /// <summary>How long a poll of this file watches before it sleeps.</summary>
    internal WatchBudget Watch { get; } = new();

    /// <summary>
    /// A poll begins. Whoever was told that something is ready has been here since; waking them now would only disturb
    /// the call that is under way. Whoever was told to wait stays armed: it may be another thread.
    /// </summary>
    internal void Disarm()
    {
        if ((Volatile.Read(ref _armed) & TellReady) != 0)
        {
            Interlocked.And(ref _armed, ~TellReady);
        }
    }

    /// <summary>Somebody is queued on the file and is about to sleep: the next news wake them. Look again after arming.</summary>
    internal void ArmSleeper(ulong kernelHandle)
    {
        Volatile.Write(ref _kernelHandle, kernelHandle);
        Interlocked.Or(ref _armed, TellSleeper);
    }

    /// <summary>
    /// Somebody is queued on the file and is told that something is ready. The next news wake them all the same: an
    /// edge-triggered epoll does not poll again before it is woken.
    /// </summary>
    internal void ArmReady(ulong kernelHandle)
    {
        Volatile.Write(ref _kernelHandle, kernelHandle);
        Interlocked.Or(ref _armed, TellReady);
    }

    /// <summary>Wakes once for each arming. A wake-up too many costs a poll, one too few would be for ever.</summary>
    public void Wake(RingDirection direction)
    {
        if (Volatile.Read(ref _armed) != 0 && Interlocked.Exchange(ref _armed, 0) != 0)
        {
            waker.WakePollers(Volatile.Read(ref _kernelHandle));
        }
    }
}

using NetmapCuse.Core.Clients;
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
/// <param name="openers">Everybody who may have written into the rings.</param>
/// <param name="opener">Who opened it.</param>
/// <param name="place">Where it is in the device's table.</param>
internal sealed class OpenFile(IPollWaker waker, Openers openers, in Caller opener, int place = 0) : ISleeper
{
    private const int TellSleeper = 1;
    private const int TellReady = 2;
    private const int Nobody = -1;

    private volatile Binding? _binding;
    private volatile CsbState? _csb;
    private volatile SyncLoop? _loop;
    private readonly uint _userId = opener.UserId;
    private readonly uint _groupId = opener.GroupId;
    private ulong _kernelHandle;
    private int _armed;
    private int _readyThread;   // whose TellReady is; Nobody when it is that of several
    private int _isSending;

    /// <summary>User id of whoever opened it: whom what it makes is counted for.</summary>
    internal uint Owner => _userId;

    /// <summary>What it is of the open files that its user may have; goes back with the release.</summary>
    internal QuotaClaim? Claim { get; init; }

    /// <summary>Where it is in the device's table.</summary>
    internal int Place => place;

    /// <summary>Null while the file is unbound.</summary>
    internal Binding? Binding
    {
        get => _binding;
        set => _binding = value;
    }

    /// <summary>
    /// What a REGISTER has made that is not complete yet: nobody but that request sees it. Control plane.
    /// </summary>
    internal Binding? Reserved { get; set; }

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

    /// <summary>Everybody who may have written into the rings.</summary>
    internal Openers Openers => openers;

    /// <summary>NS_INDIRECT slots of its rings are bad ones: somebody may have written them who may not read what they name.</summary>
    internal bool RefusesIndirect { get; private set; }

    /// <summary>From now on, for good: others have opened the device, and may write its rings for ever.</summary>
    internal void RefuseIndirect() => RefusesIndirect = true;

    /// <summary>Somebody calls who is another user than whoever opened the file. Data path.</summary>
    internal bool IsForeign(in Caller caller) =>
        caller.UserId != _userId || caller.GroupId != _groupId || caller.ThreadId == 0;

    /// <summary>A poll's frames are about to be sent by another thread. False: those of an earlier one still are.</summary>
    internal bool TryBeginSending() => Interlocked.CompareExchange(ref _isSending, 1, 0) == 0;

    internal void EndSending() => Volatile.Write(ref _isSending, 0);

    /// <summary>How long a poll of this file watches before it sleeps.</summary>
    internal WatchBudget Watch { get; } = new();

    /// <summary>Who is inside.</summary>
    internal CallCount Calls { get; } = new();

    /// <summary>
    /// A poll begins that will leave a mark again. When this thread was told that something is ready it has been here since; waking
    /// it now would only disturb the call that is under way. The mark of another thread stays: what comes now is news for that one.
    /// Whoever was told to wait stays armed, too.
    /// </summary>
    internal void Disarm(int thread)
    {
        if ((Volatile.Read(ref _armed) & TellReady) != 0 && Volatile.Read(ref _readyThread) == thread)
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
    /// edge-triggered epoll does not poll again before it is woken. Look again after arming: what came before it woke nobody.
    /// </summary>
    internal void ArmReady(ulong kernelHandle, int thread)
    {
        Volatile.Write(ref _kernelHandle, kernelHandle);

        // Of two threads that were told the later one's mark is told from others'; the earlier one's is never taken back.
        bool isOthers = (Volatile.Read(ref _armed) & TellReady) != 0 && Volatile.Read(ref _readyThread) != thread;
        Volatile.Write(ref _readyThread, isOthers ? Nobody : thread);
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

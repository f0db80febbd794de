namespace NetmapCuse.Core.Transport;

/// <summary>Who makes a call: of this call, not of the open (descriptors travel by fork and SCM_RIGHTS).</summary>
/// <param name="ThreadId">Thread id in the pid namespace of the mount; 0 when the caller is not visible from there.</param>
/// <param name="UserId">Effective user id.</param>
/// <param name="GroupId">Effective group id.</param>
public readonly record struct Caller(int ThreadId, uint UserId, uint GroupId);

/// <summary>
/// What a served device file does with the calls of its clients. The transport knows nothing of netmap; the handler knows
/// nothing of FUSE. Calls come from several threads at once, also for one handle; each is executed by the thread that
/// received it, to its end, unless it is deferred. Nothing here may throw: an escape ends the process.
/// </summary>
public interface ICallHandler
{
    /// <summary>A client opens the device.</summary>
    /// <param name="caller">Who opens.</param>
    /// <param name="handle">What every later call on this open file carries.</param>
    /// <returns>0 or a positive errno (ENFILE when the table is full).</returns>
    int Open(in Caller caller, out ulong handle);

    /// <summary>Some duplicate of the open file was closed (FUSE_FLUSH). The open file may live on.</summary>
    void Flush(ulong handle, in Caller caller);

    /// <summary>
    /// The last duplicate is gone (FUSE_RELEASE). Comes late: close() may have returned before. Does not come for files
    /// that are still open when the connection ends (<see cref="DeviceServer.Stop"/>, an unmount from outside).
    /// </summary>
    void Release(ulong handle);

    /// <summary>An ioctl.</summary>
    /// <returns>
    /// What ioctl() returns: 0 or more, or a negative errno. <see cref="IoctlCall.Data"/> is copied to the caller
    /// whatever the result. When <see cref="IoctlCall.Defer"/> was called the return value is ignored.
    /// </returns>
    int Ioctl(ref IoctlCall call);

    /// <summary>One check of poll, select or epoll.</summary>
    /// <returns>The ready events (poll bits of Linux).</returns>
    uint Poll(in PollCall call);
}

/// <summary>One check of poll, select or epoll (FUSE_POLL).</summary>
/// <param name="Handle">The open file.</param>
/// <param name="Events">The requested events; the kernel adds POLLERR and POLLHUP.</param>
/// <param name="KernelHandle">What <see cref="IPollWaker.WakePollers"/> takes to make the sleepers poll again (kh).</param>
/// <param name="MayWait">Somebody is queued (FUSE_POLL_SCHEDULE_NOTIFY): a wake-up is due when something happens.</param>
/// <param name="Caller">Who polls.</param>
public readonly record struct PollCall(ulong Handle, uint Events, ulong KernelHandle, bool MayWait, Caller Caller);

/// <summary>Wakes the sleepers of an open file.</summary>
public interface IPollWaker
{
    /// <summary>
    /// Makes everybody who sleeps in poll, select or epoll on the open file poll again (FUSE_NOTIFY_POLL). Cheap, never
    /// blocks for long, callable from any thread, but not while holding a lock that a handler may want.
    /// </summary>
    void WakePollers(ulong kernelHandle);
}

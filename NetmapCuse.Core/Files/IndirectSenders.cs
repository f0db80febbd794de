using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Core.Files;

/// <summary>
/// Takes syncs that have to read the memory of their caller away from the threads that serve everybody: an ioctl is
/// answered when its frames are sent, a poll is answered at once and its caller woken later.
/// </summary>
internal sealed class IndirectSenders(ControlWorkers workers)
{
    /// <summary>The rest of NIOCTXSYNC for a file some of whose rings need memory of the caller.</summary>
    /// <returns>The result, unless the call is deferred.</returns>
    internal int Sync(OpenFile file, Binding binding, ref IoctlCall call)
    {
        int thread = file.IndirectThread(call.Caller);
        int[] starts = StartsOf(binding);
        if (!call.CanDefer)
        {
            return Result(Send(binding, thread, starts));
        }

        if (call.Defer() is not { } reply)
        {
            return -Errno.Again;
        }

        PendingAnswer answer = new(reply);
        if (!workers.TryRun(call.Caller.UserId, () => answer.Give(-Result(Send(binding, thread, starts)))))
        {
            answer.Give(Errno.Again);
        }

        return Errno.Ok;
    }

    /// <summary>Sends for a poll, one of a file at a time; whoever sleeps on the file is woken at the end.</summary>
    /// <returns>False when the user has too much under way.</returns>
    internal bool TryStart(OpenFile file, Binding binding, in Caller caller)
    {
        if (!file.TryBeginSending())
        {
            return true;
        }

        int thread = file.IndirectThread(caller);
        int[] starts = StartsOf(binding);
        bool isRunning = workers.TryRun(caller.UserId, () =>
        {
            _ = Send(binding, thread, starts);
            file.EndSending();
            file.Wake(RingDirection.Tx);
        });
        if (!isRunning)
        {
            file.EndSending();
        }

        return isRunning;
    }

    private static int[] StartsOf(Binding binding) => Array.ConvertAll(binding.Tx, static ring => ring.Starts);

    private static int Result(RingSync.Outcome outcome) =>
        (outcome & RingSync.Outcome.Stopped) != 0 ? -Errno.Io : Errno.Ok;

    private static RingSync.Outcome Send(Binding binding, int thread, int[] starts)
    {
        RingSync.Outcome all = RingSync.Outcome.None;
        for (int i = 0; i < starts.Length; i++)
        {
            all |= IndirectSync.Tx(binding.Port, binding.Tx[i], thread, starts[i]);
        }

        return all;
    }
}

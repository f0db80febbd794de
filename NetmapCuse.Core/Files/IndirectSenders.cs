using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Clients;
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
        using ClientProcess client = ClientProcess.Of(call.Caller.ThreadId);
        IndirectGrant grant = new(client, file, file.Openers);
        int[] starts = StartsOf(binding);
        if (!call.CanDefer)
        {
            return Result(Send(binding, grant, starts));
        }

        if (call.Defer() is not { } reply)
        {
            return -Errno.NoMem;
        }

        PendingAnswer answer = new(reply, client);
        _ = client.Keep();
        bool isRunning = workers.TryRun(call.Caller.UserId, () =>
        {
            answer.Give(-Result(Send(binding, grant, starts)));
            client.Dispose();
        });
        if (!isRunning)
        {
            answer.Give(Errno.NoMem);
            client.Dispose();
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

        ClientProcess client = ClientProcess.Of(caller.ThreadId);
        IndirectGrant grant = new(client, file, file.Openers);
        int[] starts = StartsOf(binding);
        bool isRunning = workers.TryRun(caller.UserId, () =>
        {
            // The poll is answered about now: the id of its caller means nothing any more.
            client.EndWait();
            _ = Send(binding, grant, starts);
            client.Dispose();
            file.EndSending();
            file.Wake(RingDirection.Tx);
        });
        if (!isRunning)
        {
            client.Dispose();
            file.EndSending();
        }

        return isRunning;
    }

    private static int[] StartsOf(Binding binding) => Array.ConvertAll(binding.Tx, static ring => ring.Starts);

    private static int Result(RingSync.Outcome outcome) =>
        (outcome & RingSync.Outcome.Stopped) != 0 ? -Errno.Io : Errno.Ok;

    private static RingSync.Outcome Send(Binding binding, IndirectGrant grant, int[] starts)
    {
        RingSync.Outcome all = RingSync.Outcome.None;
        for (int i = 0; i < starts.Length; i++)
        {
            all |= IndirectSync.Tx(binding.Port, binding.Tx[i], grant, starts[i]);
        }

        return all;
    }
}

using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using Serilog;

namespace NetmapCuse.Core.Loops;

/// <summary>
/// SYNC_KLOOP_START and SYNC_KLOOP_STOP (reference/netmap-behaviour.md sections 16.2 and 16.3). Both are answered by the
/// loop's own thread. The caller holds the lock of the control plane.
/// </summary>
/// <param name="quotas">What each user has.</param>
/// <param name="log">Where a shortage is reported.</param>
internal sealed class SyncLoops(Quotas quotas, ILogger log)
{
    private readonly Dictionary<SyncLoop, QuotaClaim> _running = [];

    /// <summary>Loops that run or are about to end.</summary>
    internal int Count => _running.Count;

    /// <summary>Starts a loop, which answers; or says what is wrong.</summary>
    /// <param name="file">The file.</param>
    /// <param name="request">The request.</param>
    /// <param name="ended">Told by the loop's thread, without the lock, when it is about to end.</param>
    /// <returns><see cref="ControlRequest.Pending"/>, 0 when a stop came before, or a positive errno.</returns>
    internal int Start(OpenFile file, ControlRequest request, Action<OpenFile, SyncLoop> ended)
    {
        uint sleep = request.BodyAs<NmreqSyncLoopStart>().SleepMicroseconds;
        if (sleep > NmreqSyncLoopStart.SleepMax)
        {
            return Errno.Inval;
        }

        if (file.Binding is not { } binding)
        {
            return Errno.NxIo;
        }

        if (file.Csb is not { } csb)
        {
            return Errno.Inval;
        }

        if (file.Loop is not null)
        {
            return Errno.Busy;
        }

        int error = SyncLoopOptions.TryMake(file, request, binding, csb, sleep, out SyncLoopSetup? setup);
        if (error != Errno.Ok)
        {
            return error;
        }

        if (file.LoopStopMark)
        {
            file.LoopStopMark = false;
            setup!.Dispose();
            return Errno.Ok;
        }

        return Run(file, request.Answer!, setup!, loop => ended(file, loop));
    }

    /// <summary>Stops the loop, which answers; with none running the next START returns at once.</summary>
    internal static int Stop(OpenFile file, ControlRequest request)
    {
        if (file.Binding is null)
        {
            return Errno.NxIo;
        }

        if (file.Loop is not { } loop)
        {
            file.LoopStopMark = true;
            return Errno.Ok;
        }

        PendingAnswer answer = request.Answer!;
        answer.Interrupted.Register(() => answer.Give(Errno.Intr));
        loop.AddStopper(answer);
        loop.RequestStop(Errno.Ok);
        return ControlRequest.Pending;
    }

    /// <summary>A loop has left its rings.</summary>
    internal void Forget(OpenFile file, SyncLoop loop)
    {
        loop.Detach();
        if (_running.Remove(loop, out QuotaClaim? claim))
        {
            claim.Dispose();
        }

        file.Loop = null;
        file.LoopStopMark = false;
    }

    /// <summary>All of them shall end soon.</summary>
    internal void StopAll()
    {
        foreach (SyncLoop loop in _running.Keys)
        {
            loop.RequestStop(Errno.Intr);
        }
    }

    private int Run(OpenFile file, PendingAnswer answer, SyncLoopSetup setup, Action<SyncLoop> ended)
    {
        if (quotas.TryTake(file.Owner, QuotaKind.Loop) is not { } claim)
        {
            setup.Dispose();
            return Errno.NoMem;
        }

        SyncLoop loop;
        try
        {
            loop = new SyncLoop(setup, answer) { Ended = ended };
        }
        catch (PosixException shortage)
        {
            log.Warning("No sync loop for {Name}: {Reason}", setup.Binding.Port.Name, shortage.Message);
            setup.Dispose();
            claim.Dispose();
            return Errno.NoMem;
        }

        _running.Add(loop, claim);
        file.Loop = loop;
        loop.Attach();
        _ = new WorkerThread("netmap loop", cpu: null, loop.Run, log);
        answer.Interrupted.Register(() => loop.RequestStop(Errno.Intr));
        return ControlRequest.Pending;
    }
}

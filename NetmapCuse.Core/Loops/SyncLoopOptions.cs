using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Control;
using NetmapCuse.Core.Files;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Ports;

namespace NetmapCuse.Core.Loops;

/// <summary>
/// The two options of SYNC_KLOOP_START. Direct modes are checked and then served like the event loop: the thread that
/// writes an eventfd is never ours.
/// </summary>
internal static class SyncLoopOptions
{
    /// <summary>Checks the options in the order of the original and copies the caller's eventfds.</summary>
    internal static int TryMake(
        OpenFile file, ControlRequest request, Binding binding, CsbState csb, uint sleepMicroseconds, out SyncLoopSetup? setup)
    {
        setup = null;
        uint direct = 0;
        if (request.Options.Find(OptionType.SyncLoopMode) is { } mode)
        {
            direct = mode.BodyAs<NmreqSyncLoopMode>().Mode;
            mode.Status = (direct & ~NmreqSyncLoopMode.DirectMask) == 0 ? Errno.Ok : Errno.Inval;
            if (mode.Status != Errno.Ok)
            {
                return mode.Status;
            }
        }

        ReadOnlySpan<SyncLoopEventFds> events = [];
        OptionChain.Option? eventFds = request.Options.Find(OptionType.SyncLoopEventFds);
        if (eventFds is not null)
        {
            events = MemoryMarshal.Cast<byte, SyncLoopEventFds>(eventFds.Body);
            eventFds.Status = Check(eventFds, binding, events, direct);
            if (eventFds.Status != Errno.Ok)
            {
                return eventFds.Status;
            }
        }

        SyncLoopSetup made = new()
        {
            Binding = binding,
            Options = request.Options,
            Csb = csb.Addresses,
            SleepMicroseconds = sleepMicroseconds,
            Client = request.Client.Keep(),
            Indirect = new IndirectGrant(request.Client, file, file.Openers),
            TakesKicks = eventFds is not null && AllHaveKicks(events),
        };
        int error = CopyEventFds(made, events);
        if (error != Errno.Ok)
        {
            eventFds!.Status = error;
            made.Dispose();
            return error;
        }

        setup = made;
        return Errno.Ok;
    }

    private static int Check(
        OptionChain.Option option, Binding binding, ReadOnlySpan<SyncLoopEventFds> events, uint direct)
    {
        int rings = binding.Tx.Length + binding.Rx.Length;
        bool fits = option.Body.Length == rings * SyncLoopEventFds.Bytes;
        return fits && (direct == 0 || AllHaveKicks(events)) ? Errno.Ok : Errno.Inval;
    }

    private static bool AllHaveKicks(ReadOnlySpan<SyncLoopEventFds> events)
    {
        foreach (SyncLoopEventFds entry in events)
        {
            if (entry.ToLoop < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static int CopyEventFds(SyncLoopSetup setup, ReadOnlySpan<SyncLoopEventFds> events)
    {
        if (events.IsEmpty)
        {
            return Errno.Ok;
        }

        foreach (SyncLoopEventFds entry in events)
        {
            ClientEventFd? interrupt = null;
            int error = entry.ToProgram < 0
                ? Errno.Ok
                : setup.Client.TryTakeEventFd(entry.ToProgram, out interrupt);
            setup.InterruptOf.Add(interrupt);
            if (error == Errno.Ok && entry.ToLoop >= 0)
            {
                error = setup.Client.TryTakeEventFd(entry.ToLoop, out ClientEventFd? kick);
                if (kick is not null)
                {
                    setup.Kicks.Add(kick);
                }
            }

            if (error != Errno.Ok)
            {
                return error;
            }
        }

        return Errno.Ok;
    }
}

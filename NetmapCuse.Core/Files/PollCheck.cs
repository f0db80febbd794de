using System.Diagnostics;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Core.Files;

/// <summary>
/// One check of poll, select or epoll (reference/netmap-behaviour.md section 5): sync, look, and when nothing is ready
/// watch a little, queue the caller, and look once more.
/// </summary>
internal static class PollCheck
{
    internal static uint Run(OpenFile file, in PollCall call, int watchMicroseconds, IndirectSenders senders)
    {
        if (file.Binding is not { } binding || file.Csb is not null)
        {
            return PollEvents.Error;
        }

        if (!call.MayWait)
        {
            return Sync(file, binding, call, senders);
        }

        file.Disarm(call.Caller.ThreadId);
        uint ready = Sync(file, binding, call, senders);

        if (ready == 0 && Watch(file, binding, call.Events, watchMicroseconds))
        {
            ready = Sync(file, binding, call, senders);
        }

        if (ready == 0)
        {
            file.ArmSleeper(call.KernelHandle);
            return Sync(file, binding, call, senders);
        }

        file.ArmReady(call.KernelHandle, call.Caller.ThreadId);
        return HasNews(binding, call.Events) ? ready | Sync(file, binding, call, senders) : ready;
    }

    /// <summary>The TX part, then the RX part; returns the events that are ready.</summary>
    private static uint Sync(OpenFile file, Binding binding, in PollCall call, IndirectSenders senders)
    {
        bool readsIndirect = !file.RefusesIndirect;
        uint events = call.Events;
        uint ready = 0;
        uint wantTx = events & PollEvents.Writable;
        if (binding.ForwardingRing is not null && (events & PollEvents.Readable) != 0 && binding.Port.ForwardDown(binding))
        {
            _ = RingSync.All(binding, RingDirection.Tx, readsIndirect);
        }

        if (wantTx != 0 || binding.PushesTxOnPoll)
        {
            foreach (Kring ring in binding.Tx)
            {
                // Once one ring is writable the others are only flushed.
                if (wantTx == 0 && !ring.HasUnpushed)
                {
                    continue;
                }

                RingSync.Outcome outcome = RingSync.Tx(binding.Port, ring, readsIndirect);
                if (outcome == RingSync.Outcome.NeedsMemory && senders.TryStart(file, binding, call.Caller))
                {
                    continue;
                }

                ready |= outcome > RingSync.Outcome.Ready ? PollEvents.Error : 0;
                if ((outcome & RingSync.Outcome.Ready) != 0)
                {
                    ready |= wantTx;
                    wantTx = 0;
                }
            }
        }

        return ready | SyncRx(binding, events & PollEvents.Readable, binding.UpdatesRxOnPoll);
    }

    /// <summary>
    /// All rings are synced, also after one was found readable: otherwise the last ones would starve. With NR_DO_RX_POLL they are
    /// updated for a poll that did not ask for read events, too, and it is not told of any.
    /// </summary>
    private static uint SyncRx(Binding binding, uint wantRx, bool updates)
    {
        uint ready = 0;
        if ((wantRx == 0 && !updates) || binding.Rx.Length == 0)
        {
            return ready;
        }

        long now = RingSync.Now(binding);
        foreach (Kring ring in binding.Rx)
        {
            RingSync.Outcome outcome = RingSync.Rx(binding.Port, ring, now);
            ready |= (outcome & RingSync.Outcome.Ready) != 0 ? wantRx : 0;
            ready |= outcome > RingSync.Outcome.Ready ? PollEvents.Error : 0;
        }

        return ready;
    }

    /// <summary>Waits a bounded time for news without sleeping. True when there are some.</summary>
    private static bool Watch(OpenFile file, Binding binding, uint events, int microseconds)
    {
        long ticks = ComesByClock(binding, events) ? 0 : file.Watch.Ticks(microseconds);
        if (ticks == 0)
        {
            return false;
        }

        long end = Stopwatch.GetTimestamp() + ticks;
        do
        {
            if (HasNews(binding, events))
            {
                file.Watch.Succeeded();
                return true;
            }

            Thread.SpinWait(4);
        }
        while (Stopwatch.GetTimestamp() < end);

        file.Watch.Failed();
        return false;
    }

    private static bool ComesByClock(Binding binding, uint events)
    {
        bool byClock = false;
        if ((events & PollEvents.Readable) != 0)
        {
            foreach (Kring ring in binding.Rx)
            {
                byClock |= binding.Port.NewsComeByClock(ring);
            }
        }

        return byClock;
    }

    private static bool HasNews(Binding binding, uint events)
    {
        bool news = false;
        if ((events & PollEvents.Readable) != 0)
        {
            foreach (Kring ring in binding.Rx)
            {
                news |= binding.Port.HasNews(ring);
            }
        }

        if ((events & PollEvents.Writable) != 0)
        {
            foreach (Kring ring in binding.Tx)
            {
                news |= binding.Port.HasNews(ring);
            }
        }

        return news;
    }
}

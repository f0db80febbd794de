using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Monitors;

/// <summary>
/// The monitors of one ring: any number that copy, each on its own, and a chain of those that swap buffers. A ring knows
/// the first of the chain, whose receive ring knows the second, and so on: each sees what the one before has released.
/// Never changes; the control plane puts another in its place. What a thread does with one that was replaced meanwhile ends
/// at the gate of the monitor's ring, which a closing monitor shuts before its memory goes.
/// </summary>
internal sealed class RingMonitors : IRingMonitors
{
    private static readonly RingMonitors s_nobody = new([], null);

    private readonly Kring[] _copies;
    private readonly Kring? _chain;

    private RingMonitors(Kring[] copies, Kring? chain)
    {
        _copies = copies;
        _chain = chain;
    }

    /// <summary>Lets <paramref name="monitor"/> copy what passes through <paramref name="ring"/>. Control plane.</summary>
    internal static void AddCopy(Kring ring, Kring monitor)
    {
        RingMonitors present = Of(ring);
        if (present._copies.Length == 0)
        {
            ring.Indexes.Seen = RingIndexes.NothingSeen;
        }

        Set(ring, [.. present._copies, monitor], present._chain);
    }

    internal static void RemoveCopy(Kring ring, Kring monitor)
    {
        RingMonitors present = Of(ring);
        Set(ring, [.. present._copies.Where(other => other != monitor)], present._chain);
    }

    /// <summary>
    /// Puts <paramref name="monitor"/> at the end of the chain of <paramref name="ring"/>. The two directions of a parent
    /// share their chain from its first monitor on, so the second call for it may find it there already. Control plane.
    /// </summary>
    internal static void AddToChain(Kring ring, Kring monitor)
    {
        Kring last = ring;
        while (Of(last)._chain is { } next)
        {
            last = next;
        }

        if (last != monitor)
        {
            Set(last, Of(last)._copies, monitor);
        }
    }

    /// <summary>Joins what comes before and behind <paramref name="monitor"/>, which keeps its own link.</summary>
    internal static void RemoveFromChain(Kring ring, Kring monitor)
    {
        for (Kring? link = ring; link is not null; link = Of(link)._chain)
        {
            if (Of(link)._chain == monitor)
            {
                Set(link, Of(link)._copies, Of(monitor)._chain);
                return;
            }
        }
    }

    public void Arrived(Kring ring, uint first, uint count)
    {
        foreach (Kring monitor in _copies)
        {
            MonitorTransfer.Copy(ring, first, count, monitor);
        }
    }

    public void Releasing(Kring ring)
    {
        if (_chain is { } monitor)
        {
            uint first = ring.Indexes.HwCur;
            uint count = RingWindow.Distance(first, ring.Indexes.RHead, ring.NumSlots);
            if (ChainOf(ring.MirrorOf) is { } other)
            {
                // Whoever watches the sender's end of a pipe would find the buffers gone later, and sees a copy now.
                MonitorTransfer.Copy(ring, first, count, other, SlotFlags.TxMonitored);
            }

            MonitorTransfer.Swap(ring, first, count, monitor);
        }
    }

    /// <summary>A port that cannot send all at once is offered the rest again, but monitors have seen it.</summary>
    public void Sending(Kring ring, bool mayBeIndirect)
    {
        if (_copies.Length == 0)
        {
            return;
        }

        uint head = ring.Indexes.RHead;
        uint first = ring.Indexes.Seen == RingIndexes.NothingSeen ? ring.Indexes.HwCur : ring.Indexes.Seen;
        foreach (Kring monitor in _copies)
        {
            uint count = RingWindow.Distance(first, head, ring.NumSlots);
            if (mayBeIndirect && IndirectTransfer.IsNeeded(ring, first, count))
            {
                IndirectTransfer.Copy(ring, first, count, monitor);
            }
            else
            {
                MonitorTransfer.Copy(ring, first, count, monitor);
            }
        }

        ring.Indexes.Seen = head;
    }

    public void Completed(Kring ring, uint first, uint end)
    {
        if (_chain is { } monitor && ChainOf(ring.Mirror) is null)
        {
            MonitorTransfer.Swap(ring, first, RingWindow.Distance(first, end, ring.NumSlots), monitor);
        }
    }

    private static Kring? ChainOf(Kring? ring) => (ring?.Monitors as RingMonitors)?._chain;

    private static RingMonitors Of(Kring ring) => (RingMonitors?)ring.Monitors ?? s_nobody;

    private static void Set(Kring ring, Kring[] copies, Kring? chain) =>
        ring.Monitors = copies.Length == 0 && chain is null ? null : new RingMonitors(copies, chain);
}

using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Monitors;

/// <summary>
/// Syncs a receive ring of a parent when frames wait for it, so that they get to the monitors. Stands before the sleepers
/// of the ring: a poll that finds the ring held by the pump has armed its sleeper before, and is woken when the pump is done.
/// </summary>
internal sealed class ArrivalPump(Port parent, Kring ring) : ISleeper
{
    internal Kring Ring => ring;

    /// <summary>Takes nothing back from the program, whose head is what it was at its last sync.</summary>
    public void Wake(RingDirection direction)
    {
        if (ring.TryEnter())
        {
            parent.Receive(ring);
            ring.Exit();
        }
    }
}

namespace NetmapCuse.Core.Rings;

/// <summary>
/// Those who watch the traffic of one ring (reference/netmap-behaviour.md section 13). Whoever calls has the slots in
/// question to itself: it holds the ring, or, for <see cref="Arrived"/>, has not handed them over yet. Data path; returns
/// within the time that it takes to copy a ring for each monitor, whatever the monitors do.
/// </summary>
internal interface IRingMonitors
{
    /// <summary>
    /// Slots [first, first + count) of an RX ring, or of the TX ring of a port that is attached to a switch, have been filled, hwtail
    /// has not passed them yet. Several senders may call at once.
    /// </summary>
    void Arrived(Kring ring, uint first, uint count);

    /// <summary>RX: the sync is about to take back the slots [hwcur, rhead).</summary>
    void Releasing(Kring ring);

    /// <summary>TX: the sync is about to send the slots [hwcur, rhead).</summary>
    /// <param name="ring">The ring.</param>
    /// <param name="mayBeIndirect">NS_INDIRECT means something in this ring: such slots have their data on the stage, or none.</param>
    void Sending(Kring ring, bool mayBeIndirect);

    /// <summary>TX: the port is done with the slots [first, end). Whoever fills them next does not know yet.</summary>
    void Completed(Kring ring, uint first, uint end);
}

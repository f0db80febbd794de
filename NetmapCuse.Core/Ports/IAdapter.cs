using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// A network interface that a driver takes over: what stands behind a <see cref="NicPort"/>. The contract between Core and
/// Drivers; Core names no driver.
/// <para>
/// Control calls (Open, OpenTransmit, OpenReceive, Close and the Close of queues) come one at a time, under the control
/// plane's lock. They return 0 or a positive errno and throw nothing. Queues are used by one thread at a time each, by
/// several queues at once; their calls neither block nor allocate nor throw.
/// </para>
/// <para>
/// Buffers are sent from and received into where they lie, in the region: a driver whose hardware or socket can do that
/// copies nothing. Which buffer is in which slot is the programs' business, so a queue keeps for itself which buffers it has.
/// </para>
/// </summary>
internal interface IAdapter : IDisposable
{
    /// <summary>What the interface has and can; asked anew before each opening, fixed while it is open.</summary>
    AdapterProperties Properties { get; }

    /// <summary>The index of the Linux interface; 0 when it is none.</summary>
    int Device => 0;

    /// <summary>How the interface is taken over, fallbacks named: for status views.</summary>
    string Status => string.Empty;

    /// <summary>The host stack's side of the interface; null when there are no host rings.</summary>
    IHostStack? Host { get; }

    /// <summary>The first binding: gets ready to move traffic. No queue is open yet, so traffic still goes to the host stack.</summary>
    /// <param name="region">Where all rings and buffers will lie until <see cref="Close"/>; may be another one next time.</param>
    /// <param name="events">Told what happens to the interface.</param>
    int Open(Region region, IAdapterEvents events);

    /// <summary>Takes a queue over from the host stack.</summary>
    int OpenTransmit(AdapterRing ring, out ITransmitQueue? queue);

    /// <summary>Takes a queue over from the host stack. All slots of the ring are offered for receiving at once.</summary>
    int OpenReceive(AdapterRing ring, SlotBatch slots, out IReceiveQueue? queue);

    /// <summary>The last binding is gone, all queues are closed: the interface is the host stack's again.</summary>
    void Close();
}

/// <summary>What both kinds of queue have.</summary>
/// <remarks>
/// <see cref="IShowsBuffers.MarkShown"/> marks each buffer that the queue has given out to hardware or kernel: it comes from the
/// control plane at any time, beside the data path, and may mark too many but never too few.
/// </remarks>
internal interface IAdapterQueue : IShowsBuffers
{
    /// <summary>A cheap look whether Receive, or Reclaim, would give anything now.</summary>
    bool HasNews { get; }

    /// <summary>News will be shown when the driver's clock says so: watching for them is in vain, sleeping is not.</summary>
    bool NewsComeByClock => false;

    // Whoever swaps buffers with a queue holds its ring, and that is held still already.
    void IShowsBuffers.HoldStill()
    {
    }

    void IShowsBuffers.LetGo()
    {
    }
}

/// <summary>One TX queue of an interface.</summary>
internal interface ITransmitQueue : IAdapterQueue
{
    /// <summary>
    /// Sends frames, in order, one a slot (with NS_MOREFRAG as far as the driver joins slots), and sees to it that they leave
    /// without another call. May send frames from their buffers later: these are not touched by others before
    /// <see cref="Reclaim"/> counts them.
    /// </summary>
    /// <returns>How many slots were taken, from the front; the rest is offered again.</returns>
    uint Transmit(SlotBatch slots);

    /// <summary>How many more of the oldest slots that were taken are done with: sent or given up.</summary>
    uint Reclaim();

    /// <summary>Gives the queue back to the host stack. Afterwards nobody reads the buffers.</summary>
    void Close();
}

/// <summary>One RX queue of an interface. It has the buffers of all slots that the program does not have.</summary>
internal interface IReceiveQueue : IAdapterQueue
{
    /// <summary>Gets the buffers of slots that the program has released.</summary>
    void Refill(SlotBatch slots);

    /// <summary>Puts what has arrived into slots, each with the buffer it was received into.</summary>
    /// <returns>How many slots were filled, from the front; a frame that needs several slots comes whole or waits.</returns>
    uint Receive(SlotBatch slots);

    /// <summary>
    /// Gives the queue back to the host stack and its buffers back to the slots (any order). Afterwards nobody writes to them.
    /// </summary>
    /// <param name="slots">As many slots as the queue has buffers.</param>
    void Close(SlotBatch slots);
}

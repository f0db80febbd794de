namespace NetmapCuse.Core.Rings;

/// <summary>Empties a ring that senders fill: the interface behind a port of a switch.</summary>
internal interface IConsumer
{
    /// <summary>How often a sender that finds the ring full asks for room before it drops (parameter txsync_retry).</summary>
    int Retries { get; }

    /// <summary>Takes what is in the ring and gives free slots back, as far as it goes at once.</summary>
    void MakeRoom(Kring ring);
}

namespace NetmapCuse.Core.Ports;

/// <summary>
/// The module parameters (dev.netmap.*) that ports and syncs look at while they work; each word is read on its own, at any time.
/// Names, ranges and texts are in Device/Parameters. ValeParameters and RegionTable hold the rest.
/// </summary>
internal sealed class Tunables
{
    private volatile int _noTimestamp;
    private volatile int _forward;
    private volatile int _noPendingInterrupt = 1;
    private volatile int _txSyncRetry = 2;

    /// <summary>no_timestamp: RX rings get no time of their last sync unless they carry NR_TIMESTAMP.</summary>
    internal bool NoTimestamp
    {
        get => _noTimestamp != 0;
        set => _noTimestamp = value ? 1 : 0;
    }

    /// <summary>no_pendintr: every sync of an interface's RX ring looks for frames, also when the driver has announced none.</summary>
    internal bool NoPendingInterrupt
    {
        get => _noPendingInterrupt != 0;
        set => _noPendingInterrupt = value ? 1 : 0;
    }

    /// <summary>fwd: forwarding as if every ring had NR_FORWARD and every slot NS_FORWARD.</summary>
    internal bool ForwardAll
    {
        get => _forward != 0;
        set => _forward = value ? 1 : 0;
    }

    /// <summary>txsync_retry: how often a switch asks a full ring of an attached interface for room before it drops.</summary>
    internal int TxSyncRetry
    {
        get => _txSyncRetry;
        set => _txSyncRetry = value;
    }

    /// <summary>What adapters are made with. Control plane.</summary>
    internal AdapterSettings Adapters { get; set; } = new();
}

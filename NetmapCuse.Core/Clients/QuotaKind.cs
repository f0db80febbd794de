namespace NetmapCuse.Core.Clients;

/// <summary>What there is a bounded number of in a device file, for all its clients together.</summary>
internal enum QuotaKind
{
    /// <summary>Open files.</summary>
    File,

    /// <summary>Regions of ports, in the arena.</summary>
    Region,

    /// <summary>Pages of the arena, 4096 bytes, that regions of ports cover.</summary>
    ArenaPage,

    /// <summary>Regions in memory of clients; each costs the daemon some megabytes to keep account of.</summary>
    ExternalRegion,

    /// <summary>Sync loops, each a thread.</summary>
    Loop,

    /// <summary>Monitors: every frame of their parents is shown to each.</summary>
    Monitor,

    /// <summary>Persistent ports, each with an interface of the host.</summary>
    PersistentPort,
}

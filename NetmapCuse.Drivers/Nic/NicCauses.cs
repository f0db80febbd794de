namespace NetmapCuse.Drivers.Nic;

/// <summary>Why a NIC has interrupted.</summary>
[Flags]
internal enum NicCauses
{
    None = 0,

    /// <summary>Queues of the vector have news.</summary>
    Queues = 1,

    /// <summary>The link may have changed.</summary>
    Link = 2,

    /// <summary>The chip does not go on by itself: it has to be set up anew.</summary>
    Restart = 4,
}

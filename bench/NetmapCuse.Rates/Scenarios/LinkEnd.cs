namespace NetmapCuse.Rates.Scenarios;

/// <summary>What is at one end of a link.</summary>
internal enum LinkEnd
{
    /// <summary>nm-gen, by the daemon.</summary>
    Netmap,

    /// <summary>out/bench/peer-xdp: a plain AF_XDP program.</summary>
    Xdp,

    /// <summary>out/bench/peer-packet: AF_PACKET with TPACKET_V3 rings.</summary>
    Packet,
}

namespace NetmapCuse.Drivers.Intel;

/// <summary>Bits of those registers (same sources).</summary>
internal static class IntelBits
{
    // CTRL
    internal const uint CtrlLinkReset = 1u << 3;
    internal const uint CtrlAutoSpeed = 1u << 5;
    internal const uint CtrlSetLinkUp = 1u << 6;
    internal const uint CtrlInvertLoss = 1u << 7;
    internal const uint CtrlForceSpeed = 1u << 11;
    internal const uint CtrlForceDuplex = 1u << 12;
    internal const uint CtrlReset = 1u << 26;
    internal const uint CtrlFlowControl = 3u << 27;
    internal const uint CtrlVlanMode = 1u << 30;
    internal const uint CtrlPhyReset = 1u << 31;

    internal const uint CtrlExtDriverLoaded = 1u << 28;

    internal const uint StatusLinkUp = 1u << 1;

    // ICR, IMS, IMC
    internal const uint CauseTxWritten = 1u << 0;
    internal const uint CauseLink = 1u << 2;
    internal const uint CauseRxThreshold = 1u << 4;
    internal const uint CauseRxOverrun = 1u << 6;
    internal const uint CauseRxTimer = 1u << 7;
    internal const uint CauseQueues = CauseTxWritten | CauseRxThreshold | CauseRxOverrun | CauseRxTimer;

    // RCTL
    internal const uint RctlEnable = 1u << 1;
    internal const uint RctlUnicastPromiscuous = 1u << 3;
    internal const uint RctlMulticastPromiscuous = 1u << 4;
    internal const uint RctlLongPackets = 1u << 5;
    internal const uint RctlBroadcast = 1u << 15;
    internal const int RctlSizeShift = 16;
    internal const uint RctlSizeExtension = 1u << 25;
    internal const uint RctlStripCrc = 1u << 26;

    // TCTL: enable, pad short packets, collision threshold 15, distance 64 bytes (full duplex)
    internal const uint TctlEnable = 1u << 1;
    internal const uint TctlUsual = (1u << 3) | (0xfu << 4) | (0x40u << 12);

    /// <summary>TIPG for copper: 8, 8, 6.</summary>
    internal const uint TipgCopper = 8 | (8u << 10) | (6u << 20);

    internal const uint RahValid = 1u << 31;

    /// <summary>RXCSUM.PCSD: the RSS hash and not a checksum is in the descriptor.</summary>
    internal const uint RxcsumHash = 1u << 13;

    /// <summary>RXDCTL, TXDCTL: the queue is on.</summary>
    internal const uint QueueEnable = 1u << 25;

    /// <summary>Frames over 1518 bytes, VLAN tag apart, are long ones.</summary>
    internal const uint UsualFrame = 1518;

    internal const uint CrcBytes = 4;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct netmap_if, the 56 bytes before ring_ofs[]. Each binding has its own.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct NetmapIf
{
    internal const int Bytes = 56;

    /// <summary>NI_PRIV_MEM: the region is private to the port (and its pipes).</summary>
    internal const uint PrivateMemory = 1;

    [FieldOffset(0)] internal Name16 Name;
    [FieldOffset(16)] internal uint Version;
    [FieldOffset(20)] internal uint Flags;
    [FieldOffset(24)] internal uint TxRings;
    [FieldOffset(28)] internal uint RxRings;

    /// <summary>ni_bufs_head: first extra buffer, 0 if none. Written by the daemon, then by the program.</summary>
    [FieldOffset(32)] internal uint BuffersHead;

    /// <summary>ni_host_tx_rings: at least 1, also for ports without host rings (NETMAP_RXRING counts on it).</summary>
    [FieldOffset(36)] internal uint HostTxRings;

    /// <summary>ni_host_rx_rings: likewise.</summary>
    [FieldOffset(40)] internal uint HostRxRings;
}

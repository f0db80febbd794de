using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nmreq_register, 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqRegister
{
    internal ulong Offset;
    internal ulong MemorySize;
    internal uint TxSlots;
    internal uint RxSlots;
    internal ushort TxRings;
    internal ushort RxRings;
    internal ushort HostTxRings;
    internal ushort HostRxRings;
    internal ushort MemoryId;
    internal ushort RingId;
    internal RegisterMode Mode;
    internal uint ExtraBuffers;
    internal uint Padding;
    internal RegisterFlags Flags;
}

/// <summary>NR_REG_*: nr_mode.</summary>
internal enum RegisterMode : uint
{
    Default = 0,
    AllNic = 1,
    Host = 2,
    NicAndHost = 3,
    OneNic = 4,

    /// <summary>NR_REG_PIPE_MASTER: legacy only.</summary>
    PipeMaster = 5,

    /// <summary>NR_REG_PIPE_SLAVE: legacy only.</summary>
    PipeSlave = 6,
    Null = 7,
    OneHost = 8,

    /// <summary>NR_REG_MASK: the bits of the legacy nr_flags that hold the mode.</summary>
    LegacyMask = 0xf,
}

/// <summary>NR_*: nr_flags of a registration. Unknown bits are accepted and returned.</summary>
[Flags]
internal enum RegisterFlags : ulong
{
    None = 0,
    MonitorTx = 0x100,
    MonitorRx = 0x200,
    ZeroCopyMonitor = 0x400,
    Exclusive = 0x800,
    RxRingsOnly = 0x2000,
    TxRingsOnly = 0x4000,
    AcceptVnetHeader = 0x8000,
    DoRxPoll = 0x10000,
    NoTxPoll = 0x20000,
}

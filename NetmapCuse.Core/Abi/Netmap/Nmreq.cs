using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nmreq, 60 bytes: the argument of NIOCGINFO and NIOCREGIF.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Nmreq
{
    internal Name16 Name;
    internal uint Version;
    internal uint Offset;
    internal uint MemorySize;
    internal uint TxSlots;
    internal uint RxSlots;
    internal ushort TxRings;
    internal ushort RxRings;
    internal ushort RingId;
    internal LegacyCommand Command;
    internal ushort Arg1;
    internal ushort Arg2;
    internal uint Arg3;
    internal uint Flags;
    internal uint Spare2;
}

/// <summary>nr_cmd of struct nmreq (net/netmap_legacy.h).</summary>
internal enum LegacyCommand : ushort
{
    None = 0,
    BridgeAttach = 1,
    BridgeDetach = 2,
    BridgeRegisterOperations = 3,
    BridgeList = 4,
    BridgeVnetHeader = 5,
    BridgeNewInterface = 6,
    BridgeDeleteInterface = 7,
    PassThroughHostCreate = 8,
    PassThroughHostDelete = 9,
    BridgePollingOn = 10,
    BridgePollingOff = 11,
    VnetHeaderGet = 12,
}

/// <summary>Bits of nr_ringid in struct nmreq.</summary>
internal static class LegacyRingId
{
    internal const ushort RingMask = 0x0fff;
    internal const ushort NoTxPoll = 0x1000;
    internal const ushort HostRing = 0x2000;
    internal const ushort OneNicRing = 0x4000;
    internal const ushort DoRxPoll = 0x8000;
}

/// <summary>Bits of nr_arg1 in struct nmreq.</summary>
internal static class LegacyCommandArgument
{
    /// <summary>NETMAP_BDG_HOST: attach the host rings, too.</summary>
    internal const ushort AttachHost = 1;
}

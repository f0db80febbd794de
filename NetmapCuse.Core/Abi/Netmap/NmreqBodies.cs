using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nmreq_port_info_get, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqPortInfoGet
{
    internal ulong MemorySize;
    internal uint TxSlots;
    internal uint RxSlots;
    internal ushort TxRings;
    internal ushort RxRings;
    internal ushort HostTxRings;
    internal ushort HostRxRings;
    internal ushort MemoryId;
    internal ushort Padding1;
    internal uint Padding2;
}

/// <summary>struct nmreq_vale_list, 8 bytes. The switch index has 16 bits, the port index 32.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqValeList
{
    internal ushort BridgeIndex;
    internal ushort Padding;
    internal uint PortIndex;
}

/// <summary>struct nmreq_port_hdr, 8 bytes: length of the virtio-net header of a port.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqPortHeader
{
    internal uint HeaderLength;
    internal uint Padding;
}

/// <summary>struct nmreq_pools_info, 64 bytes. Offsets are from the start of the mapping.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqPoolsInfo
{
    internal ulong MemorySize;
    internal ushort MemoryId;
    internal ushort Padding1;
    internal uint Padding2;
    internal ulong IfPoolOffset;
    internal uint IfPoolObjects;
    internal uint IfPoolObjectSize;
    internal ulong RingPoolOffset;
    internal uint RingPoolObjects;
    internal uint RingPoolObjectSize;
    internal ulong BufferPoolOffset;
    internal uint BufferPoolObjects;
    internal uint BufferPoolObjectSize;
}

/// <summary>struct nmreq_vale_attach, 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqValeAttach
{
    /// <summary>reg: mode, ring id, memory id and host rings count.</summary>
    internal NmreqRegister Register;
    internal uint PortIndex;
    internal uint Padding;
}

/// <summary>struct nmreq_vale_detach, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqValeDetach
{
    internal uint PortIndex;
    internal uint Padding;
}

/// <summary>struct nmreq_vale_newif, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqValeNewInterface
{
    internal uint TxSlots;
    internal uint RxSlots;
    internal ushort TxRings;
    internal ushort RxRings;
    internal ushort MemoryId;
    internal ushort Padding;
}

/// <summary>struct nmreq_vale_polling, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqValePolling
{
    /// <summary>NETMAP_POLLING_MODE_SINGLE_CPU 1 or _MULTI_CPU 2.</summary>
    internal uint Mode;
    internal uint FirstCpu;
    internal uint Cpus;
    internal uint Padding;
}

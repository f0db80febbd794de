using System.Runtime.InteropServices;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Books;

/// <summary>A port. Written by the control plane.</summary>
[StructLayout(LayoutKind.Explicit, Size = BookLayout.PortBytes)]
public struct PortRecord
{
    /// <summary>Odd while the record is in use; one more at each change of hands.</summary>
    [FieldOffset(0)] public uint Generation;

    [FieldOffset(4)] public PortKind Kind;

    /// <summary>Rings and slots of the NIC side.</summary>
    [FieldOffset(8)] public uint TxRings;
    [FieldOffset(12)] public uint RxRings;
    [FieldOffset(16)] public uint TxSlots;
    [FieldOffset(20)] public uint RxSlots;

    [FieldOffset(24)] public uint HostTxRings;
    [FieldOffset(28)] public uint HostRxRings;

    /// <summary>Memory id of the region.</summary>
    [FieldOffset(32)] public uint MemoryId;

    /// <summary>1 while the interface has a carrier; 2: not told.</summary>
    [FieldOffset(36)] public uint Carrier;

    /// <summary>Bytes of its region.</summary>
    [FieldOffset(40)] public ulong RegionBytes;

    /// <summary>What bindings that are gone have done: sent by programs, delivered to them.</summary>
    [FieldOffset(64)] public RingCounters PastTx;
    [FieldOffset(128)] public RingCounters PastRx;

    /// <summary>The name that requests use.</summary>
    [FieldOffset(192)] public BookText64 Name;

    /// <summary>How the driver has it: "native XDP", "AF_PACKET (why)".</summary>
    [FieldOffset(256)] public BookText256 Detail;
}

/// <summary>What a port is.</summary>
public enum PortKind : uint
{
    Other = 0,

    /// <summary>A port of a VALE switch.</summary>
    Vale = 1,
    Pipe = 2,
    Interface = 3,
    Monitor = 4,
    Null = 5,

    /// <summary>What a switch has of an attached interface.</summary>
    Station = 6,
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct netmap_slot, 16 bytes: one packet buffer in a ring. Written by the program and by the daemon in turn.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NetmapSlot
{
    /// <summary>buf_idx: which buffer of the region.</summary>
    internal uint BufferIndex;

    /// <summary>len: bytes of this fragment.</summary>
    internal ushort Length;

    internal SlotFlags Flags;

    /// <summary>ptr: address of an indirect buffer, offset of the packet, or the program's own.</summary>
    internal ulong Pointer;
}

/// <summary>NS_*: flags of a slot (net/netmap.h).</summary>
[Flags]
internal enum SlotFlags : ushort
{
    None = 0,
    BufferChanged = 0x1,
    Report = 0x2,
    Forward = 0x4,
    NoLearn = 0x8,
    Indirect = 0x10,
    MoreFragments = 0x20,
    TxMonitored = 0x40,

    /// <summary>NS_PORT_MASK; on receive rings the same byte is NS_RFRAGS, the slots of the packet.</summary>
    FragmentCountMask = 0xff00,
    OneFragment = 0x0100,
}

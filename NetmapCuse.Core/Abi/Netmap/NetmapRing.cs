using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct netmap_ring, the 256 bytes before the slots. Bytes 128 to 255 (sem) belong to the program alone.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct NetmapRing
{
    internal const int Bytes = 256;

    /// <summary>buf_ofs: from this ring to buffer 0 of the region. Written by the daemon at creation.</summary>
    [FieldOffset(0)] internal long BufferOffset;

    /// <summary>num_slots. Written by the daemon at creation; never read back.</summary>
    [FieldOffset(8)] internal uint NumSlots;

    /// <summary>nr_buf_size. Written by the daemon at creation.</summary>
    [FieldOffset(12)] internal uint BufferSize;

    /// <summary>ringid: position in its direction, host rings behind the NIC rings.</summary>
    [FieldOffset(16)] internal ushort RingId;

    /// <summary>dir: 1 for TX rings, 0 for RX rings, as the kernel module has it.</summary>
    [FieldOffset(18)] internal ushort Direction;

    /// <summary>head: first slot of the program. Written by the program (by the daemon on reset).</summary>
    [FieldOffset(20)] internal uint Head;

    /// <summary>cur: where the program wants to be woken. Written by the program (by the daemon on reset).</summary>
    [FieldOffset(24)] internal uint Cur;

    /// <summary>tail: first slot of the daemon. Written by the daemon.</summary>
    [FieldOffset(28)] internal uint Tail;

    /// <summary>flags: NR_TIMESTAMP, NR_FORWARD. Written by the program.</summary>
    [FieldOffset(32)] internal RingFlags Flags;

    /// <summary>ts.tv_sec: time of the last RX sync. Written by the daemon.</summary>
    [FieldOffset(40)] internal long TimestampSeconds;

    /// <summary>ts.tv_usec.</summary>
    [FieldOffset(48)] internal long TimestampMicroseconds;

    /// <summary>offset_mask: which bits of a slot's ptr are the packet's offset. Written by the daemon.</summary>
    [FieldOffset(56)] internal ulong OffsetMask;

    /// <summary>buf_align: 0 for every software port. Written by the daemon.</summary>
    [FieldOffset(64)] internal ulong BufferAlign;
}

/// <summary>NR_*: flags of a ring.</summary>
[Flags]
internal enum RingFlags : uint
{
    None = 0,
    Timestamp = 0x2,
    Forward = 0x4,
}

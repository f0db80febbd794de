using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Netmap;

/// <summary>struct nmreq_opt_offsets behind its head, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NmreqOffsets
{
    /// <summary>nro_max_offset: wanted, then granted.</summary>
    internal ulong MaxOffset;

    /// <summary>nro_initial_offset: what the slots start with.</summary>
    internal ulong InitialOffset;

    /// <summary>nro_offset_bits: low bits of ptr; 0 stands for all 64.</summary>
    internal uint OffsetBits;

    /// <summary>nro_tx_align: never looked at.</summary>
    internal uint TxAlign;

    /// <summary>nro_min_gap: concerns NICs only.</summary>
    internal ulong MinGap;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Rings;

/// <summary>
/// The private indexes of a ring, on cache lines by writer: on the receive ring of a VALE port or a pipe the sender moves
/// hwtail while the receiver moves all others.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal struct RingIndexes
{
    /// <summary>In <see cref="Seen"/>: everything that the port has not taken yet is new.</summary>
    internal const uint NothingSeen = uint.MaxValue;

    /// <summary>nr_hwcur: first slot not yet taken from (TX) or released by (RX) the program. Written by the sync of this ring.</summary>
    [FieldOffset(128)] internal uint HwCur;

    /// <summary>rhead: the program's head at the last exchange. Written by the sync of this ring.</summary>
    [FieldOffset(132)] internal uint RHead;

    /// <summary>rcur: the program's cur at the last exchange. Written by the sync of this ring.</summary>
    [FieldOffset(136)] internal uint RCur;

    /// <summary>rtail: the tail that the program was shown last. Written by the sync of this ring.</summary>
    [FieldOffset(140)] internal uint RTail;

    /// <summary>
    /// TX: first slot that copy monitors have not seen. Written by the sync of this ring while it has some; the control
    /// plane writes <see cref="NothingSeen"/> when it gets its first.
    /// </summary>
    [FieldOffset(144)] internal uint Seen;

    /// <summary>nr_hwtail: the tail to show next. TX: written by the sync of this ring. RX: written by the sender.</summary>
    [FieldOffset(256)] internal uint HwTail;

    /// <summary>nr_hwlease: RX of a VALE port: first slot that no sender has claimed. Written under the ring's gate.</summary>
    [FieldOffset(260)] internal uint HwLease;

    /// <summary>A ring begins, with this tail. Field by field: what lies before them is the identity of the ring in the books.</summary>
    internal void Reset(uint tail)
    {
        HwCur = 0;
        RHead = 0;
        RCur = 0;
        RTail = tail;
        Seen = 0;
        HwTail = tail;
        HwLease = 0;
    }
}

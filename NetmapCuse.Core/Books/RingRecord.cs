using System.Runtime.InteropServices;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Books;

/// <summary>
/// A ring: who it is, where it stands and what it has done. The identity is the control plane's, the rest is written where it
/// happens, by the threads that <see cref="RingIndexes"/> and <see cref="RingCounters"/> name.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = BookLayout.RingBytes)]
public struct RingRecord
{
    /// <summary>Odd while the record is in use.</summary>
    [FieldOffset(0)] public uint Generation;

    /// <summary>Place of its port.</summary>
    [FieldOffset(4)] public int Port;

    /// <summary>0 RX, 1 TX.</summary>
    [FieldOffset(8)] public uint IsTx;

    [FieldOffset(12)] public uint Index;
    [FieldOffset(16)] public uint Slots;

    /// <summary>1 for a ring to or from the host stack.</summary>
    [FieldOffset(20)] public uint IsHost;

    /// <summary>Bindings that have it.</summary>
    [FieldOffset(24)] public int Users;

    /// <summary>Where it stands; the fields begin behind the identity.</summary>
    [FieldOffset(0)] internal RingIndexes Indexes;

    [FieldOffset(384)] public RingCounters Counters;

    /// <summary>Syncs that took the ring. Written by the sync of this ring.</summary>
    [FieldOffset(448)] public ulong Syncs;

    /// <summary>nr_hwcur: first slot not yet taken from, or released by, the program.</summary>
    public readonly uint HwCur => Indexes.HwCur;

    /// <summary>rhead: the program's head at the last exchange.</summary>
    public readonly uint Head => Indexes.RHead;

    /// <summary>nr_hwtail: the tail to show next.</summary>
    public readonly uint HwTail => Indexes.HwTail;

    /// <summary>The program's cur and the tail that it was shown, at the last exchange.</summary>
    public readonly uint Cur => Indexes.RCur;
    public readonly uint ShownTail => Indexes.RTail;
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Vale;

/// <summary>One slot of a packet in a batch, 16 bytes. Next and Count are valid in a packet's first fragment only.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Fragment
{
    /// <summary>End of a list of packets.</summary>
    internal const int None = -1;

    /// <summary>The bytes: in the sender's buffer, or where an indirect buffer was brought to.</summary>
    internal byte* Data;

    /// <summary>First fragment of the next packet on the same list.</summary>
    internal short Next;

    /// <summary>Where the sender's ring has it.</summary>
    internal ushort Slot;

    internal ushort Length;

    /// <summary>Slots of the packet.</summary>
    internal byte Count;

    /// <summary>A packet of one slot, the last of its list: all fields but the bytes, in one store.</summary>
    internal void SetSingle(uint slot, uint length) =>
        Unsafe.As<short, ulong>(ref Next) = 0xffff | (ulong)slot << 16 | (ulong)length << 32 | 1UL << 48;
}

/// <summary>The packets of one destination, in the order in which they were sent.</summary>
internal struct PacketList
{
    internal int First;
    internal int Last;
    internal uint Packets;
    internal uint Slots;
}

/// <summary>Walks two lists in the order of their packets.</summary>
internal unsafe ref struct PacketMerge(Fragment* fragments, in PacketList a, in PacketList b)
{
    private readonly Fragment* _fragments = fragments;
    private int _a = a.Packets == 0 ? Fragment.None : a.First;
    private int _b = b.Packets == 0 ? Fragment.None : b.First;

    /// <summary>The next packet's first fragment; false at the end of both.</summary>
    internal bool TryNext(out int packet)
    {
        // None is -1 and so, unsigned, behind every packet.
        bool takeA = (uint)_a < (uint)_b;
        packet = takeA ? _a : _b;
        if (packet == Fragment.None)
        {
            return false;
        }

        if (takeA)
        {
            _a = _fragments[packet].Next;
        }
        else
        {
            _b = _fragments[packet].Next;
        }

        return true;
    }
}

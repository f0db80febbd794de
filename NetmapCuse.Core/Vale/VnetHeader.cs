using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Vale;

/// <summary>struct virtio_net_hdr, 10 bytes: what a frame still needs done to it. With 12 bytes two more follow that are no hint to us.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct VnetHeader
{
    internal const int Bytes = 10;

    internal VnetFlags Flags;
    internal VnetGso Gso;

    /// <summary>hdr_len, gso_size: hints that are not followed.</summary>
    internal ushort HeaderLength;
    internal ushort SegmentSize;

    /// <summary>csum_start: from here to the end of the frame the checksum runs. Bytes behind the virtio-net header.</summary>
    internal ushort ChecksumStart;

    /// <summary>csum_offset: where it goes, from csum_start.</summary>
    internal ushort ChecksumOffset;

    internal readonly bool NeedsChecksum => (Flags & VnetFlags.NeedsChecksum) != 0;

    /// <summary>Without the congestion bit.</summary>
    internal readonly VnetGso SegmentType => Gso & ~VnetGso.Ecn;

    /// <summary>Nothing is asked for that nobody knows.</summary>
    internal readonly bool IsGood =>
        (Flags & ~(VnetFlags.NeedsChecksum | VnetFlags.DataValid)) == 0
        && SegmentType is VnetGso.None or VnetGso.TcpV4 or VnetGso.Udp or VnetGso.TcpV6;

    /// <summary>Lengths that a port's header can have.</summary>
    internal static bool IsLength(uint length) => length is 0 or Bytes or Bytes + 2;
}

/// <summary>VIRTIO_NET_HDR_F_*.</summary>
[Flags]
internal enum VnetFlags : byte
{
    None = 0,
    NeedsChecksum = 1,
    DataValid = 2,
}

/// <summary>VIRTIO_NET_HDR_GSO_*: how the frame is to be split.</summary>
[Flags]
internal enum VnetGso : byte
{
    None = 0,
    TcpV4 = 1,
    Udp = 3,
    TcpV6 = 4,

    /// <summary>The TCP connection uses congestion notification.</summary>
    Ecn = 0x80,
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Drivers.Packet;

/// <summary>struct virtio_net_hdr (linux/virtio_net.h): what is left to do about a frame.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OffloadHeader
{
    internal const int Bytes = 10;

    internal byte Flags;
    internal byte SegmentKind;
    internal ushort HeaderLength;
    internal ushort SegmentLength;
    internal ushort ChecksumStart;
    internal ushort ChecksumOffset;

    /// <summary>VIRTIO_NET_HDR_F_NEEDS_CSUM: the checksum field holds the sum of the pseudo header only.</summary>
    internal readonly bool NeedsChecksum => (Flags & 1) != 0;

    /// <summary>Less VIRTIO_NET_HDR_GSO_ECN.</summary>
    internal readonly SegmentKind Segments => (SegmentKind)(SegmentKind & 0x7f);
}

/// <summary>VIRTIO_NET_HDR_GSO_*: several frames in one, to be taken apart.</summary>
internal enum SegmentKind
{
    None = 0,
    Tcp4 = 1,
    Tcp6 = 4,
    Udp = 5,
}

/// <summary>What a packet socket tells of a frame beside its bytes.</summary>
/// <param name="Offload">What is left to do.</param>
/// <param name="HasTag">A VLAN tag was taken off.</param>
/// <param name="TagProtocol">Its EtherType.</param>
/// <param name="Tag">The tag.</param>
internal readonly record struct PacketInfo(OffloadHeader Offload, bool HasTag, ushort TagProtocol, ushort Tag)
{
    /// <summary>The bytes are the frame.</summary>
    internal bool IsPlain => !HasTag && !Offload.NeedsChecksum && Offload.SegmentKind == 0;
}

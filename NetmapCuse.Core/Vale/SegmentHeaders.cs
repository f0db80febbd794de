using System.Buffers.Binary;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// Where the headers of a TCP or UDP packet lie that is cut into segments, and how those of each segment are made of them
/// (reference/netmap-behaviour.md section 11): Ethernet with VLAN tags, IPv4 with options or IPv6 without extensions, TCP
/// with options or UDP.
/// </summary>
internal readonly struct SegmentHeaders
{
    /// <summary>Longer headers are not split: that would be thirty VLAN tags.</summary>
    internal const int BytesMax = 256;

    private const int EthernetBytes = 14;
    private const int VlanTagBytes = 4;
    private const int IPv4BytesMin = 20;
    private const int IPv6Bytes = 40;
    private const int UdpBytes = 8;
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte FinAndPush = 0x09;
    private const byte CongestionWindowReduced = 0x80;

    private readonly int _network;
    private readonly int _transport;
    private readonly bool _isIPv4;
    private readonly bool _isTcp;
    private readonly bool _isEcn;

    private SegmentHeaders(int network, int transport, int bytes, bool isIPv4, VnetGso type)
    {
        _network = network;
        _transport = transport;
        Bytes = bytes;
        _isIPv4 = isIPv4;
        _isTcp = (type & ~VnetGso.Ecn) != VnetGso.Udp;
        _isEcn = (type & VnetGso.Ecn) != 0;
    }

    /// <summary>All headers together.</summary>
    internal int Bytes { get; }

    /// <summary>Finds the headers.</summary>
    /// <param name="start">The frame, as far as headers may go.</param>
    /// <param name="type">What the frame is said to be; not <see cref="VnetGso.None"/>.</param>
    /// <param name="headers">The headers.</param>
    /// <returns>False when the frame is something else, or the headers are not all there.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> start, VnetGso type, out SegmentHeaders headers)
    {
        headers = default;
        VnetGso segments = type & ~VnetGso.Ecn;
        if (!TryFindNetwork(start, out int network, out bool isIPv4)
            || (segments == VnetGso.TcpV4 && !isIPv4)
            || (segments == VnetGso.TcpV6 && isIPv4))
        {
            return false;
        }

        ReadOnlySpan<byte> ip = start[network..];
        if (ip.Length < (isIPv4 ? IPv4BytesMin : IPv6Bytes))
        {
            return false;
        }

        int ipBytes = isIPv4 ? (ip[0] & 0xf) * 4 : IPv6Bytes;
        byte protocol = isIPv4 ? ip[9] : ip[6];
        byte wanted = segments == VnetGso.Udp ? Udp : Tcp;
        if (ip[0] >> 4 != (isIPv4 ? 4 : 6) || ipBytes < IPv4BytesMin || protocol != wanted)
        {
            return false;
        }

        int transport = network + ipBytes;
        int bytes = transport + UdpBytes;
        if (wanted == Tcp)
        {
            int words = start.Length > transport + 12 ? start[transport + 12] >> 4 : 0;
            bytes = words >= 5 ? transport + (words * 4) : int.MaxValue;
        }

        headers = new SegmentHeaders(network, transport, bytes, isIPv4, type);
        return bytes <= start.Length;
    }

    /// <summary>Makes the headers of one segment out of a copy of the packet's headers.</summary>
    /// <param name="segment">The copy, and behind it the segment's payload.</param>
    /// <param name="number">Which segment, from 0.</param>
    /// <param name="bytesBefore">Payload in the segments before.</param>
    /// <param name="isLast">The last segment of the packet.</param>
    internal void Finish(Span<byte> segment, uint number, uint bytesBefore, bool isLast)
    {
        FinishNetwork(segment[_network..], number);
        Span<byte> transport = segment[_transport..];
        if (_isTcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(
                transport[4..], BinaryPrimitives.ReadUInt32BigEndian(transport[4..]) + bytesBefore);
            int drop = (isLast ? 0 : FinAndPush) | (_isEcn && number != 0 ? CongestionWindowReduced : 0);
            transport[13] &= (byte)~drop;
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(transport[4..], (ushort)transport.Length);
        }

        Span<byte> field = transport[(_isTcp ? 16 : 6)..];
        BinaryPrimitives.WriteUInt16BigEndian(field, 0);
        InternetChecksum checksum = default;
        checksum.Add(Addresses(segment[_network..]));
        checksum.Add(_isTcp ? Tcp : Udp);
        checksum.Add((uint)transport.Length);
        checksum.Add(transport);
        BinaryPrimitives.WriteUInt16BigEndian(field, checksum.Result());
    }

    private static bool TryFindNetwork(ReadOnlySpan<byte> start, out int network, out bool isIPv4)
    {
        network = EthernetBytes;
        isIPv4 = false;
        while (start.Length >= network)
        {
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(start[(network - 2)..]);
            if (type is not (0x8100 or 0x88a8))
            {
                isIPv4 = type == 0x0800;
                return isIPv4 || type == 0x86dd;
            }

            network += VlanTagBytes;
        }

        return false;
    }

    /// <summary>Source and destination, as they stand in the pseudo header.</summary>
    private ReadOnlySpan<byte> Addresses(ReadOnlySpan<byte> ip) => _isIPv4 ? ip[12..20] : ip[8..40];

    private void FinishNetwork(Span<byte> ip, uint number)
    {
        if (!_isIPv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(ip.Length - IPv6Bytes));
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)ip.Length);
        ushort identification = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(identification + number));
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
        InternetChecksum checksum = default;
        checksum.Add(ip[..(_transport - _network)]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], checksum.Result());
    }
}

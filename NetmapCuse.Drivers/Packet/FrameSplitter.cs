using System.Buffers.Binary;
using NetmapCuse.Drivers.Common;

namespace NetmapCuse.Drivers.Packet;

/// <summary>
/// Makes the frames of the wire from what a packet socket gave: puts VLAN tags back, completes checksums, and takes apart what
/// segmentation offload of a sender or receive offload had joined. Allocates nothing after it is made.
/// </summary>
internal sealed class FrameSplitter
{
    /// <summary>A whole IP packet with its header and tags, and some more.</summary>
    internal const int Room = 65536 + 256;

    private const int TagBytes = 4;
    private const int AddressBytes = 12;
    private const int EthernetBytes = 14;
    private const int Ip4Header = 20;
    private const int Ip6Header = 40;
    private const int UdpHeader = 8;
    private const int TcpHeader = 20;

    private readonly byte[] _whole = GC.AllocateUninitializedArray<byte>(Room);
    private readonly byte[] _frame = GC.AllocateUninitializedArray<byte>(Room);
    private int _length;
    private int _ready;
    private SegmentKind _kind;
    private int _network;
    private int _transport;
    private int _header;
    private int _segment;
    private int _done;

    /// <summary>Where the bytes go; <see cref="Load"/> says how many there are.</summary>
    internal Span<byte> Space => _whole.AsSpan(0, Room - TagBytes);

    /// <summary>The next frame; empty when there is none.</summary>
    internal ReadOnlySpan<byte> Next => _frame.AsSpan(0, _ready);

    /// <summary>Begins with what is in <see cref="Space"/>. What cannot be understood gives no frame.</summary>
    /// <returns>False when it is lost.</returns>
    internal bool Load(int length, in PacketInfo info)
    {
        _ready = 0;
        _length = length;
        if (length < EthernetBytes)
        {
            return false;
        }

        OffloadHeader offload = info.Offload;
        int start = offload.ChecksumStart;
        int field = start + offload.ChecksumOffset;
        if (info.HasTag)
        {
            InsertTag(info);
            start += TagBytes;
            field += TagBytes;
        }

        if (offload.Segments != SegmentKind.None)
        {
            return offload.NeedsChecksum && BeginSegments(offload.Segments, start, offload.SegmentLength) && Advance();
        }

        if (offload.NeedsChecksum)
        {
            if (start >= _length || field + sizeof(ushort) > _length)
            {
                return false;
            }

            Complete(_whole.AsSpan(0, _length), start, field);
        }

        _whole.AsSpan(0, _length).CopyTo(_frame);
        _ready = _length;
        _kind = SegmentKind.None;
        return true;
    }

    /// <summary>Goes on to the next frame.</summary>
    /// <returns>True when there is one.</returns>
    internal bool Advance()
    {
        _ready = 0;
        if (_kind == SegmentKind.None || _done >= _length - _header)
        {
            return false;
        }

        int bytes = Math.Min(_segment, _length - _header - _done);
        bool isLast = _done + bytes == _length - _header;
        Span<byte> frame = _frame.AsSpan(0, _header + bytes);
        _whole.AsSpan(0, _header).CopyTo(frame);
        _whole.AsSpan(_header + _done, bytes).CopyTo(frame[_header..]);
        Describe(frame, isLast);
        _done += bytes;
        _ready = frame.Length;
        return true;
    }

    private void InsertTag(in PacketInfo info)
    {
        _whole.AsSpan(AddressBytes, _length - AddressBytes).CopyTo(_whole.AsSpan(AddressBytes + TagBytes));
        BinaryPrimitives.WriteUInt16BigEndian(_whole.AsSpan(AddressBytes), info.TagProtocol);
        BinaryPrimitives.WriteUInt16BigEndian(_whole.AsSpan(AddressBytes + 2), info.Tag);
        _length += TagBytes;
    }

    private bool BeginSegments(SegmentKind kind, int transport, int segment)
    {
        ReadOnlySpan<byte> whole = _whole.AsSpan(0, _length);
        _kind = SegmentKind.None;
        _network = NetworkHeader(whole);
        bool isUdp = kind == SegmentKind.Udp;
        int least = isUdp ? UdpHeader : TcpHeader;
        if (segment == 0 || transport + least > _length || _network + Ip4Header > transport)
        {
            return false;
        }

        int version = whole[_network] >> 4;
        bool fits = version == 4 ? kind != SegmentKind.Tcp6 : version == 6 && kind != SegmentKind.Tcp4;
        _header = transport + (isUdp ? UdpHeader : (whole[transport + 12] >> 4) * 4);
        if (!fits || (version == 6 && _network + Ip6Header > transport) || _header < transport + least || _header >= _length)
        {
            return false;
        }

        _kind = kind;
        _transport = transport;
        _segment = segment;
        _done = 0;
        return true;
    }

    /// <summary>Lengths, numbers, flags and checksums of one segment.</summary>
    private void Describe(Span<byte> frame, bool isLast)
    {
        Span<byte> ip = frame[_network.._transport];
        int index = _done / _segment;
        ulong pseudo;
        if (ip[0] >> 4 == 4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(frame.Length - _network));
            ushort number = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(number + index));
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
            BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~ChecksumCompletion.Fold(ChecksumCompletion.Sum(ip, isOdd: false)));
            pseudo = ChecksumCompletion.Sum(ip.Slice(12, 8), isOdd: false);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)(frame.Length - _network - Ip6Header));
            pseudo = ChecksumCompletion.Sum(ip.Slice(8, 32), isOdd: false);
        }

        const int Tcp = 6;
        const int Udp = 17;
        const int TcpField = 16;
        const int UdpField = 6;
        int bytes = frame.Length - _transport;
        bool isUdp = _kind == SegmentKind.Udp;
        if (isUdp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame[(_transport + 4)..], (ushort)bytes);
        }
        else
        {
            DescribeTcp(frame[_transport..], index == 0, isLast);
        }

        int field = _transport + (isUdp ? UdpField : TcpField);
        pseudo += (ulong)(isUdp ? Udp : Tcp) + (ulong)bytes;
        BinaryPrimitives.WriteUInt16BigEndian(frame[field..], ChecksumCompletion.Fold(pseudo));
        Complete(frame, _transport, field);
    }

    private void DescribeTcp(Span<byte> tcp, bool isFirst, bool isLast)
    {
        const byte FinishAndPush = 0x09;
        const byte WindowReduced = 0x80;
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence + (uint)_done);
        tcp[13] &= (byte)~((isLast ? 0 : FinishAndPush) | (isFirst ? 0 : WindowReduced));
    }

    /// <summary>The field holds the sum of the pseudo header; what is summed goes to the end of the frame.</summary>
    private static void Complete(Span<byte> frame, int start, int field)
    {
        ushort checksum = (ushort)~ChecksumCompletion.Fold(ChecksumCompletion.Sum(frame[start..], isOdd: false));
        BinaryPrimitives.WriteUInt16BigEndian(frame[field..], checksum == 0 ? ushort.MaxValue : checksum);
    }

    private static int NetworkHeader(ReadOnlySpan<byte> frame)
    {
        const ushort Vlan = 0x8100;
        const ushort ServiceVlan = 0x88a8;
        int network = EthernetBytes;
        while (network + TagBytes <= frame.Length
            && BinaryPrimitives.ReadUInt16BigEndian(frame[(network - 2)..]) is Vlan or ServiceVlan)
        {
            network += TagBytes;
        }

        return network;
    }
}

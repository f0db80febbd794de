using System.Buffers.Binary;

namespace NetmapCuse.Drivers.Common;

/// <summary>
/// Completes what a host stack on the other end of a virtual link left to a network card that is not there: such a frame's TCP or
/// UDP checksum field holds only the sum of the pseudo header (CHECKSUM_PARTIAL). Only frames that show exactly this are touched;
/// a good checksum that happens to look so stays what it is, because the sum comes out the same.
/// </summary>
internal static class ChecksumCompletion
{
    private const int EthernetBytes = 14;
    private const int TagBytes = 4;
    private const ushort Vlan = 0x8100;
    private const ushort ServiceVlan = 0x88a8;
    private const ushort Ip4 = 0x0800;
    private const ushort Ip6 = 0x86dd;
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const int TcpField = 16;
    private const int UdpField = 6;

    /// <summary>Where the checksum of a frame is, if it has to be completed.</summary>
    /// <param name="Start">First byte that is summed.</param>
    /// <param name="Field">Where the checksum is.</param>
    /// <param name="End">First byte behind, maybe in a later part of the frame.</param>
    /// <param name="IsUdp">0 means "none" there.</param>
    internal readonly record struct Partial(int Start, int Field, int End, bool IsUdp);

    /// <summary>Completes a frame that lies in one piece; memory that others may write meanwhile.</summary>
    internal static void Complete(Span<byte> frame)
    {
        if (TryFind(frame, frame.Length, out Partial found))
        {
            ulong sum = Sum(frame[found.Start..found.End], isOdd: false);
            Write(frame, found, sum);
        }
    }

    /// <param name="head">The frame, or its first part.</param>
    /// <param name="length">Length of the whole frame.</param>
    /// <param name="found">What to complete.</param>
    internal static bool TryFind(ReadOnlySpan<byte> head, int length, out Partial found)
    {
        found = default;
        if (head.Length < EthernetBytes)
        {
            return false;
        }

        int network = EthernetBytes;
        ushort type = BinaryPrimitives.ReadUInt16BigEndian(head[12..]);
        while (type is Vlan or ServiceVlan && head.Length >= network + TagBytes)
        {
            type = BinaryPrimitives.ReadUInt16BigEndian(head[(network + 2)..]);
            network += TagBytes;
        }

        return type switch
        {
            Ip4 => TryFind4(head, network, length, out found),
            Ip6 => TryFind6(head, network, length, out found),
            _ => false,
        };
    }

    /// <summary>The sum of 16-bit words in network order; a part that starts at an odd byte of the whole is turned.</summary>
    internal static ulong Sum(ReadOnlySpan<byte> data, bool isOdd)
    {
        ulong sum = 0;
        while (data.Length >= sizeof(uint))
        {
            sum += BinaryPrimitives.ReadUInt32LittleEndian(data);
            data = data[sizeof(uint)..];
        }

        if (data.Length >= sizeof(ushort))
        {
            sum += BinaryPrimitives.ReadUInt16LittleEndian(data);
            data = data[sizeof(ushort)..];
        }

        if (data.Length != 0)
        {
            sum += data[0];
        }

        ushort folded = BinaryPrimitives.ReverseEndianness(Fold(sum));
        return isOdd ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }

    /// <summary>Puts the checksum in, given the sum of everything from Start to End.</summary>
    internal static void Write(Span<byte> head, in Partial found, ulong sum)
    {
        ushort checksum = (ushort)~Fold(sum);
        if (checksum == 0 && found.IsUdp)
        {
            checksum = ushort.MaxValue;
        }

        BinaryPrimitives.WriteUInt16BigEndian(head[found.Field..], checksum);
    }

    internal static ushort Fold(ulong sum)
    {
        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)sum;
    }

    private static bool TryFind4(ReadOnlySpan<byte> head, int network, int length, out Partial found)
    {
        const int HeaderMin = 20;
        const int FragmentMask = 0x3fff;
        found = default;
        if (head.Length < network + HeaderMin)
        {
            return false;
        }

        ReadOnlySpan<byte> ip = head[network..];
        int header = (ip[0] & 0xf) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]);
        bool isFragment = (BinaryPrimitives.ReadUInt16BigEndian(ip[6..]) & FragmentMask) != 0;
        if (ip[0] >> 4 != 4 || header < HeaderMin || total < header || network + total > length || isFragment)
        {
            return false;
        }

        ulong addresses = Sum(ip.Slice(12, 8), isOdd: false);
        return TryFindTransport(head, network + header, network + total, ip[9], addresses, out found);
    }

    private static bool TryFind6(ReadOnlySpan<byte> head, int network, int length, out Partial found)
    {
        const int Header = 40;
        found = default;
        if (head.Length < network + Header)
        {
            return false;
        }

        ReadOnlySpan<byte> ip = head[network..];
        int payload = BinaryPrimitives.ReadUInt16BigEndian(ip[4..]);
        if (ip[0] >> 4 != 6 || network + Header + payload > length)
        {
            return false;
        }

        ulong addresses = Sum(ip.Slice(8, 32), isOdd: false);
        return TryFindTransport(head, network + Header, network + Header + payload, ip[6], addresses, out found);
    }

    private static bool TryFindTransport(
        ReadOnlySpan<byte> head, int start, int end, byte protocol, ulong addresses, out Partial found)
    {
        found = default;
        if (protocol is not (Tcp or Udp))
        {
            return false;
        }

        int field = start + (protocol == Tcp ? TcpField : UdpField);
        if (field + sizeof(ushort) > Math.Min(head.Length, end))
        {
            return false;
        }

        ushort pseudo = Fold(addresses + protocol + (ulong)(end - start));
        found = new Partial(start, field, end, protocol == Udp);
        return BinaryPrimitives.ReadUInt16BigEndian(head[field..]) == pseudo;
    }
}

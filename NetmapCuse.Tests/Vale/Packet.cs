using System.Buffers.Binary;
using NetmapCuse.Tests.Device;

namespace NetmapCuse.Tests.Vale;

/// <summary>A TCP or UDP packet as a virtual machine hands it to its network card: checksums are the card's work.</summary>
internal sealed record Packet
{
    internal const int Fin = 1;
    internal const int Push = 8;
    internal const int Ack = 16;
    internal const int CongestionWindowReduced = 0x80;
    internal const uint Sequence = 0xffff_f000;
    internal const int Identification = 0xfffe;

    internal int Destination { get; init; } = 2;

    internal bool IsIPv6 { get; init; }

    internal bool IsUdp { get; init; }

    internal int VlanTags { get; init; }

    /// <summary>32-bit words of IPv4 options.</summary>
    internal int IPv4Options { get; init; }

    /// <summary>32-bit words of TCP options.</summary>
    internal int TcpOptions { get; init; }

    internal int Payload { get; init; }

    internal int TcpFlags { get; init; } = Ack;

    internal int Network => 14 + (4 * VlanTags);

    internal int Transport => Network + (IsIPv6 ? 40 : 20 + (4 * IPv4Options));

    internal int HeaderBytes => Transport + (IsUdp ? 8 : 20 + (4 * TcpOptions));

    /// <summary>Where the checksum of TCP or UDP is, from its header.</summary>
    internal int ChecksumOffset => IsUdp ? 6 : 16;

    internal byte[] ToBytes()
    {
        byte[] bytes = Frames.Make(Destination, 1, HeaderBytes + Payload, seed: Payload);
        for (int i = 0; i < VlanTags; i++)
        {
            Write16(bytes, 12 + (4 * i), i == VlanTags - 1 ? 0x8100 : 0x88a8);
            Write16(bytes, 14 + (4 * i), 100 + i);
        }

        Write16(bytes, Network - 2, IsIPv6 ? 0x86dd : 0x0800);
        WriteNetwork(bytes.AsSpan(Network..));
        WriteTransport(bytes.AsSpan(Transport..));
        return bytes;
    }

    /// <summary>A virtio-net header of 12 bytes for the packet.</summary>
    internal byte[] Header(int flags = 1, int gso = 0)
    {
        byte[] header = new byte[12];
        header[0] = (byte)flags;
        header[1] = (byte)gso;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)HeaderBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(4), 1000);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)Transport);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)ChecksumOffset);
        return header;
    }

    /// <summary>The GSO type that fits.</summary>
    internal int Gso => IsUdp ? 3 : IsIPv6 ? 4 : 1;

    internal static int Read16(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(offset));

    internal static uint Read32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset));

    private void WriteNetwork(Span<byte> ip)
    {
        int length = ip.Length;
        ip[..(Transport - Network)].Clear();
        if (IsIPv6)
        {
            ip[0] = 0x60;
            Write16(ip, 4, length - 40);
            ip[6] = (byte)(IsUdp ? 17 : 6);
            ip[7] = 64;
            ip[8] = 0xfd;
            ip[23] = 1;
            ip[24] = 0xfd;
            ip[39] = 2;
            return;
        }

        ip[0] = (byte)(0x45 + IPv4Options);
        Write16(ip, 2, length);
        Write16(ip, 4, Identification);
        ip[8] = 64;
        ip[9] = (byte)(IsUdp ? 17 : 6);
        new byte[] { 10, 0, 0, 1, 10, 0, 0, 2 }.CopyTo(ip[12..]);
        ip[20..(Transport - Network)].Fill(1);
        Write16(ip, 10, ~Sum(ip[..(Transport - Network)]));
    }

    /// <summary>The checksum field has the sum of the pseudo header, as virtio wants it.</summary>
    private void WriteTransport(Span<byte> transport)
    {
        Write16(transport, 0, 40000);
        Write16(transport, 2, 40001);
        if (IsUdp)
        {
            Write16(transport, 4, transport.Length);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(transport[4..], Sequence);
            transport[12] = (byte)((5 + TcpOptions) << 4);
            transport[13] = (byte)TcpFlags;
            transport[20..(HeaderBytes - Transport)].Fill(1);
        }

        byte[] pseudo = new byte[40];
        byte[] addresses = IsIPv6 ? [0xfd, .. new byte[14], 1, 0xfd, .. new byte[14], 2] : [10, 0, 0, 1, 10, 0, 0, 2];
        addresses.CopyTo(pseudo, 0);
        BinaryPrimitives.WriteInt32BigEndian(pseudo.AsSpan(32), transport.Length);
        pseudo[39] = (byte)(IsUdp ? 17 : 6);
        Write16(transport, ChecksumOffset, Sum(pseudo));
    }

    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return sum;
    }

    private static void Write16(Span<byte> bytes, int offset, int value) =>
        BinaryPrimitives.WriteUInt16BigEndian(bytes[offset..], (ushort)value);
}

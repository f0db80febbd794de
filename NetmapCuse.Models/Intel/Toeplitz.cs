using System.Buffers.Binary;

namespace NetmapCuse.Models.Intel;

/// <summary>Receive side scaling (7.1.2.8): from addresses and ports to a queue.</summary>
internal static class Toeplitz
{
    private const uint Mrqc = 0x05818;
    private const uint Reta = 0x05c00;
    private const uint Key = 0x05c80;
    private const int KeyBytes = 40;
    private const uint RssOn = 1;
    internal const uint Tcp4 = 1 << 16;
    internal const uint Ip4 = 1 << 17;
    internal const uint Ip6 = 1 << 20;
    internal const uint Tcp6 = 1 << 21;
    private const uint Udp4 = 1 << 22;
    private const uint Udp6 = 1 << 23;
    private const byte Tcp = 6;
    private const byte Udp = 17;

    /// <summary>The queue, and the hash that chose it; both 0 where there is nothing to hash.</summary>
    internal static (int Queue, uint Hash) Choose(ReadOnlySpan<byte> frame, Func<uint, uint> register)
    {
        uint control = register(Mrqc);
        if ((control & 0xf) != RssOn || !TryFindInput(frame, control, out ReadOnlySpan<byte> addresses, out ReadOnlySpan<byte> ports))
        {
            return (0, 0);
        }

        Span<byte> key = stackalloc byte[KeyBytes];
        for (int i = 0; i < KeyBytes; i += 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(key[i..], register(Key + (uint)i));
        }

        Span<byte> input = stackalloc byte[36];
        addresses.CopyTo(input);
        ports.CopyTo(input[addresses.Length..]);
        uint hash = Hash(key, input[..(addresses.Length + ports.Length)]);
        uint entry = hash & 127;
        return ((int)(register(Reta + (entry & ~3u)) >> (8 * (int)(entry & 3))) & 0xf, hash);
    }

    /// <summary>Each bit of the input that is set adds the 32 bits of the key that begin there.</summary>
    internal static uint Hash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        uint hash = 0;
        for (int bit = 0; bit < 8 * input.Length; bit++)
        {
            if ((input[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                hash ^= Window(key, bit);
            }
        }

        return hash;
    }

    private static uint Window(ReadOnlySpan<byte> key, int bit)
    {
        ulong bytes = 0;
        for (int i = 0; i < 5; i++)
        {
            bytes = (bytes << 8) | (bit / 8 + i < key.Length ? key[(bit / 8) + i] : 0u);
        }

        return (uint)(bytes >> (8 - (bit % 8)));
    }

    /// <summary>Fails where the frame is none of the kinds that are to be hashed.</summary>
    internal static bool TryFindInput(
        ReadOnlySpan<byte> frame, uint control, out ReadOnlySpan<byte> addresses, out ReadOnlySpan<byte> ports)
    {
        const int TypeAt = 12;
        const int IpAt = 14;
        addresses = ports = default;
        int type = (frame[TypeAt] << 8) | frame[TypeAt + 1];
        if (type == 0x0800)
        {
            int header = 4 * (frame[IpAt] & 15);
            bool isFragment = (BinaryPrimitives.ReadUInt16BigEndian(frame[(IpAt + 6)..]) & 0x3fff) != 0;
            byte protocol = isFragment ? (byte)0 : frame[IpAt + 9];
            addresses = frame.Slice(IpAt + 12, 8);
            ports = PortsOf(frame, IpAt + header, protocol, (control & Tcp4) != 0, (control & Udp4) != 0);
            return ports.Length > 0 || (control & Ip4) != 0;
        }

        if (type == 0x86dd)
        {
            addresses = frame.Slice(IpAt + 8, 32);
            ports = PortsOf(frame, IpAt + 40, frame[IpAt + 6], (control & Tcp6) != 0, (control & Udp6) != 0);
            return ports.Length > 0 || (control & Ip6) != 0;
        }

        return false;
    }

    private static ReadOnlySpan<byte> PortsOf(ReadOnlySpan<byte> frame, int at, byte protocol, bool tcp, bool udp) =>
        frame.Length >= at + 4 && ((protocol == Tcp && tcp) || (protocol == Udp && udp)) ? frame.Slice(at, 4) : default;
}

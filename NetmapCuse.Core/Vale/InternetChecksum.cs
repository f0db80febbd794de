using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Vale;

/// <summary>
/// The checksum of IP, TCP and UDP (RFC 1071): the complement of the ones-complement sum of big-endian 16-bit words. Bytes
/// can be added in pieces of any length.
/// </summary>
internal struct InternetChecksum
{
    private ulong _sum;
    private bool _isOdd;

    /// <summary>Adds the next bytes.</summary>
    internal void Add(ReadOnlySpan<byte> bytes)
    {
        // Summing in machine order and swapping the result is the same as summing swapped words; so is starting odd.
        ushort sum = Fold(SumWords(bytes));
        _sum += _isOdd ? sum : BinaryPrimitives.ReverseEndianness(sum);
        _isOdd ^= (bytes.Length & 1) != 0;
    }

    /// <summary>Adds a number of 32 bits, at an even place.</summary>
    internal void Add(uint number) => _sum += (number >> 16) + (number & 0xffff);

    /// <summary>What goes in the header; never 0, which in UDP means that there is none, and equals 0xffff elsewhere.</summary>
    internal readonly ushort Result()
    {
        ushort result = (ushort)~Fold(_sum);
        return result != 0 ? result : ushort.MaxValue;
    }

    private static ushort Fold(ulong sum)
    {
        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)sum;
    }

    /// <summary>Sums little-endian words, the last one filled up with a zero byte.</summary>
    private static ulong SumWords(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        foreach (ulong eight in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            sum += (uint)eight;
            sum += eight >> 32;
        }

        ReadOnlySpan<byte> rest = bytes[(bytes.Length & ~7)..];
        for (int i = 0; i < rest.Length; i++)
        {
            sum += (ulong)rest[i] << ((i & 1) * 8);
        }

        return sum;
    }
}

using System.Buffers.Binary;

namespace NetmapCuse.Tests.Vale.Guests;

/// <summary>Looks at the checksums of a frame as who receives it does: over everything, the field included, they give all ones.</summary>
internal static class Sums
{
    internal static bool AreGood(byte[] frame)
    {
        bool isIPv4 = frame[12] == 8;
        int transport = isIPv4 ? 14 + ((frame[14] & 15) * 4) : 54;
        byte[] addresses = isIPv4 ? frame[26..34] : frame[22..54];
        byte protocol = isIPv4 ? frame[23] : frame[20];
        byte[] pseudo = [.. addresses, 0, protocol, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(pseudo.AsSpan(pseudo.Length - 2), (ushort)(frame.Length - transport));
        return (!isIPv4 || Sum(frame[14..transport]) == 0xffff) && Sum([.. pseudo, .. frame[transport..]]) == 0xffff;
    }

    private static int Sum(byte[] bytes)
    {
        long sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            sum += bytes[i] << (i % 2 == 0 ? 8 : 0);
        }

        while (sum > 0xffff)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (int)sum;
    }
}

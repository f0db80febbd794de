using System.Buffers.Binary;

namespace NetmapCuse.Tests.Device;

/// <summary>Ethernet frames of the tests. Stations are numbers; station n has address 02:00:00:00:hi:lo.</summary>
internal static class Frames
{
    internal const int Broadcast = -1;

    /// <summary>A frame whose payload follows from <paramref name="seed"/>.</summary>
    internal static byte[] Make(int destination, int source, int length = 60, int seed = 0)
    {
        byte[] frame = new byte[length];
        new Random(seed).NextBytes(frame);
        byte[] head = new byte[14];
        Address(destination, head);
        Address(source, head.AsSpan(6));
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(12), 0x88b5);
        head.AsSpan(0, Math.Min(length, 14)).CopyTo(frame);
        return frame;
    }

    private static void Address(int station, Span<byte> address)
    {
        if (station == Broadcast)
        {
            address[..6].Fill(0xff);
            return;
        }

        address[0] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(address[4..], (ushort)station);
    }
}

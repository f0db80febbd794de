using System.Buffers.Binary;
using FluentAssertions;
using NetmapCuse.Drivers.Common;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Common;

public sealed class ChecksumCompletionTests
{
    public static TheoryData<bool, bool, int, int> Shapes()
    {
        TheoryData<bool, bool, int, int> shapes = [];
        foreach (bool isSix in (bool[])[false, true])
        {
            foreach (bool isUdp in (bool[])[false, true])
            {
                foreach (int tags in (int[])[0, 1, 2])
                {
                    foreach (int payload in (int[])[0, 1, 2, 100, 1399])
                    {
                        shapes.Add(isSix, isUdp, tags, payload);
                    }
                }
            }
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_partial_checksum_becomes_a_good_one(bool isSix, bool isUdp, int tags, int payload)
    {
        (byte[] frame, int start, int field, uint pseudo) = Make(isSix, isUdp, tags, payload);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(field), Fold(pseudo));
        byte[] before = [.. frame];
        ChecksumCompletion.Complete(frame);
        Fold(pseudo + Sum(frame.AsSpan(start, frame.Length - start))).Should().Be(0xffff);
        frame[..field].Should().Equal(before[..field]);
        frame[(field + 2)..].Should().Equal(before[(field + 2)..]);

        byte[] good = [.. frame];
        ChecksumCompletion.Complete(frame);
        frame.Should().Equal(good, "a good checksum stays");
    }

    [Fact]
    public void Anything_else_is_left_alone()
    {
        Random random = new(5);
        for (int i = 0; i < 20000; i++)
        {
            (byte[] frame, _, int field, _) = Make(i % 2 == 0, i % 3 == 0, i % 3, i % 50);
            frame[random.Next(12, field)] ^= (byte)random.Next(1, 256);
            byte[] cut = frame[..random.Next(frame.Length + 1)];
            byte[] before = [.. cut];
            ChecksumCompletion.Complete(cut);
            cut.Should().Equal(before);
        }
    }

    [Fact]
    public void A_sum_in_pieces_is_the_sum_of_the_whole()
    {
        byte[] data = new byte[999];
        new Random(3).NextBytes(data);
        ushort whole = ChecksumCompletion.Fold(ChecksumCompletion.Sum(data, isOdd: false));
        for (int cut = 0; cut < data.Length; cut++)
        {
            ulong sum = ChecksumCompletion.Sum(data.AsSpan(0, cut), isOdd: false)
                + ChecksumCompletion.Sum(data.AsSpan(cut), isOdd: (cut & 1) != 0);
            ChecksumCompletion.Fold(sum).Should().Be(whole);
        }
    }

    private static (byte[] Frame, int Start, int Field, uint Pseudo) Make(bool isSix, bool isUdp, int tags, int payload)
    {
        int network = 14 + (4 * tags);
        int start = network + (isSix ? 40 : 20);
        int length = (isUdp ? 8 : 20) + payload;
        byte[] frame = new byte[start + length];
        new Random(payload + tags).NextBytes(frame);
        for (int tag = 0; tag < tags; tag++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12 + (4 * tag)), 0x8100);
        }

        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12 + (4 * tags)), isSix ? (ushort)0x86dd : (ushort)0x0800);
        byte protocol = isUdp ? (byte)17 : (byte)6;
        Span<byte> ip = frame.AsSpan(network);
        if (isSix)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)length);
            ip[6] = protocol;
        }
        else
        {
            ip[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + length));
            BinaryPrimitives.WriteUInt16BigEndian(ip[6..], 0x4000);
            ip[9] = protocol;
        }

        uint pseudo = Sum(isSix ? ip.Slice(8, 32) : ip.Slice(12, 8)) + protocol + (uint)length;
        int field = start + (isUdp ? 6 : 16);
        return (frame, start, field, pseudo);
    }

    private static uint Sum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (int i = 0; i < data.Length; i++)
        {
            sum += (uint)data[i] << ((i & 1) == 0 ? 8 : 0);
        }

        return sum;
    }

    private static ushort Fold(uint sum)
    {
        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)sum;
    }
}

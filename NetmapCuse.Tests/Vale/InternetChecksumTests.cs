using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using NetmapCuse.Core.Vale;
using Xunit;

namespace NetmapCuse.Tests.Vale;

public sealed class InternetChecksumTests
{
    [Fact]
    public void The_example_of_RFC_1071_comes_out()
    {
        InternetChecksum checksum = default;
        checksum.Add([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);

        checksum.Result().Should().Be(0xffff - 0xddf2);
    }

    [Fact]
    public void An_odd_byte_is_the_upper_half_of_its_word()
    {
        InternetChecksum checksum = default;
        checksum.Add([0x12, 0x34, 0x56]);

        checksum.Result().Should().Be(0xffff - (0x1234 + 0x5600));
    }

    [Fact]
    public void Numbers_count_as_two_words()
    {
        InternetChecksum checksum = default;
        checksum.Add(0x0001_0002);

        checksum.Result().Should().Be(0xffff - 3);
    }

    [Fact]
    public void The_result_is_never_zero()
    {
        InternetChecksum checksum = default;
        checksum.Add([0xff, 0xff]);

        checksum.Result().Should().Be(0xffff);
    }

    [Fact]
    public void Pieces_of_any_length_give_what_the_whole_gives() =>
        Prop.ForAll<byte[], int>((bytes, seed) =>
        {
            InternetChecksum pieces = default;
            Random random = new(seed);
            for (int start = 0; start < bytes.Length;)
            {
                int length = random.Next(0, bytes.Length - start + 1);
                pieces.Add(bytes.AsSpan(start, length));
                start += length;
            }

            return pieces.Result() == Plainly(bytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(300));

    /// <summary>Word by word, with the carry added at once.</summary>
    private static ushort Plainly(byte[] bytes)
    {
        int sum = 0;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += (bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0);
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return sum == 0xffff ? (ushort)0xffff : (ushort)~sum;
    }
}

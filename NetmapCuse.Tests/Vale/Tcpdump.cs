using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using FluentAssertions;
using Xunit;

namespace NetmapCuse.Tests.Vale;

/// <summary>What tcpdump, which shares no code with us, says of frames.</summary>
internal static class Tcpdump
{
    /// <summary>Every frame is TCP or UDP, and all its checksums are correct.</summary>
    internal static void AssertChecksums(IReadOnlyCollection<byte[]> frames)
    {
        string said = Describe(frames);

        said.Should().NotContainAny("incorrect", "bad cksum", "bad udp cksum", "truncated", "bad length");
        CountOf(said, "(correct)", "[udp sum ok]").Should().Be(frames.Count, said);
    }

    /// <summary>The verbose description; the test is skipped where tcpdump is not installed.</summary>
    internal static string Describe(IEnumerable<byte[]> frames)
    {
        ProcessStartInfo start = new("tcpdump", ["-nn", "-vv", "-r", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            using (Stream input = process.StandardInput.BaseStream)
            {
                input.Write(Capture(frames));
            }

            process.WaitForExit(TimeSpan.FromSeconds(20)).Should().BeTrue();
            process.ExitCode.Should().Be(0, errors.Result);
            return output.Result;
        }
        catch (Win32Exception)
        {
            Assert.Skip("tcpdump is not installed (apt-get install tcpdump)");
            throw;
        }
    }

    /// <summary>A capture file: Ethernet, microseconds, in the byte order of this machine.</summary>
    private static byte[] Capture(IEnumerable<byte[]> frames)
    {
        List<byte> file = [];
        Add(file, 0xa1b2c3d4, 0x0004_0002, 0, 0, 262144, 1);
        foreach (byte[] frame in frames)
        {
            Add(file, 0, 0, (uint)frame.Length, (uint)frame.Length);
            file.AddRange(frame);
        }

        return [.. file];

        static void Add(List<byte> file, params uint[] words) => file.AddRange(MemoryMarshal.AsBytes(words.AsSpan()));
    }

    private static int CountOf(string text, params string[] words) => words.Sum(word => text.Split(word).Length - 1);
}

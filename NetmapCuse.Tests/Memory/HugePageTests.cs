using System.Globalization;
using FluentAssertions;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

/// <summary>Packet memory in huge pages, as the kernel reports it.</summary>
public sealed class HugePageTests
{
    private const ulong Size = 64UL << 20;
    private const ulong HugePage = 2UL << 20;

    [Fact]
    public void Memory_that_asks_for_huge_pages_has_them_where_the_kernel_grants_them()
    {
        using Grant grant = new();
        using MemFdMemory memory = new(Size, hugePages: true);

        memory.Prepare(0, 8 * HugePage).Should().BeTrue();

        // The kernel may be short of huge pages, but not of all.
        HugeBytesAt(memory).Should().BeGreaterThanOrEqualTo(HugePage);
        memory.Clear(0, 8 * HugePage);
        HugeBytesAt(memory).Should().Be(0);
    }

    [Fact]
    public void Memory_that_does_not_ask_has_none()
    {
        using Grant grant = new();
        using MemFdMemory memory = new(Size);

        memory.Prepare(0, 8 * HugePage).Should().BeTrue();

        HugeBytesAt(memory).Should().Be(0);
    }

    private static unsafe ulong HugeBytesAt(MemFdMemory memory)
    {
        const string Field = "ShmemPmdMapped:";
        string start = ((ulong)memory.Address).ToString("x", CultureInfo.InvariantCulture) + "-";
        string line = File.ReadLines("/proc/self/smaps")
            .SkipWhile(line => !line.StartsWith(start, StringComparison.Ordinal))
            .First(line => line.StartsWith(Field, StringComparison.Ordinal));
        return ulong.Parse(line[Field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>Lets the kernel grant huge pages to those who ask, for as long as it lives; skips where that cannot be.</summary>
    private sealed class Grant : IDisposable
    {
        private readonly string _before = SharedHugePages.Chosen;

        internal Grant()
        {
            Assert.SkipWhen(_before.Length == 0, "this kernel has no transparent huge pages");
            Assert.SkipWhen(_before is "always" or "force", "this kernel gives huge pages to all shared memory");
            try
            {
                File.WriteAllText(SharedHugePages.Setting, "advise");
            }
            catch (Exception refusal) when (refusal is IOException or UnauthorizedAccessException)
            {
                Assert.Skip($"{SharedHugePages.Setting} cannot be set: {refusal.Message}");
            }
        }

        public void Dispose() => File.WriteAllText(SharedHugePages.Setting, _before);
    }
}

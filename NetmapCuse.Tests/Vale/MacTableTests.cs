using FluentAssertions;
using NetmapCuse.Core.Vale;
using Xunit;

namespace NetmapCuse.Tests.Vale;

public sealed class MacTableTests
{
    [Fact]
    public void Unknown_addresses_are_flooded_the_zero_address_included()
    {
        MacTable table = new();

        table.Find(0).Should().Be(ValeSwitch.Flood);
        table.Find(0x1234_5678_9abc).Should().Be(ValeSwitch.Flood);
    }

    [Fact]
    public void An_address_is_where_it_was_seen_last()
    {
        MacTable table = new();

        table.Learn(0x0000_0000_0002, 0);
        table.Find(2).Should().Be(0);
        table.Learn(2, 253);
        table.Find(2).Should().Be(253);
        table.Learn(2, 0);
        table.Find(2).Should().Be(0);
        table.Learn(0, 7);
        table.Find(0).Should().Be(7);
    }

    [Fact]
    public void A_thousand_addresses_in_a_row_are_all_kept()
    {
        MacTable table = new();
        for (ulong host = 0; host < 1024; host++)
        {
            table.Learn(Address(host), (int)(host % 254));
        }

        int found = Enumerable.Range(0, 1024).Count(host => table.Find(Address((ulong)host)) == host % 254);

        found.Should().BeGreaterThan(1000, "the original holds 1024 addresses at best");
    }

    [Fact]
    public void A_wrong_port_is_never_given_however_full_it_is()
    {
        MacTable table = new();
        Random random = new(3);
        Dictionary<ulong, int> truth = [];
        for (int i = 0; i < 20000; i++)
        {
            ulong address = (ulong)random.NextInt64(1L << 48) & ~1UL;
            truth[address] = random.Next(254);
            table.Learn(address, truth[address]);
        }

        truth.Should().OnlyContain(pair => Fits(table.Find(pair.Key), pair.Value));
    }

    [Fact]
    public void A_port_that_leaves_is_forgotten_and_nobody_else()
    {
        MacTable table = new();
        table.Learn(2, 5);
        table.Learn(4, 6);

        table.Forget(5);

        table.Find(2).Should().Be(ValeSwitch.Flood);
        table.Find(4).Should().Be(6);
    }

    /// <summary>02:00:00:00 and the number, as the wire has it, loaded as little-endian.</summary>
    private static ulong Address(ulong host) => 0x02 | (host >> 8 << 32) | ((host & 0xff) << 40);

    private static bool Fits(int found, int truth) => found == ValeSwitch.Flood || found == truth;
}

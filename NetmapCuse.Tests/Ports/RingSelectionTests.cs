using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Clients;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Core.Rings;
using Xunit;

namespace NetmapCuse.Tests.Ports;

/// <summary>The table of reference/netmap-behaviour.md section 2.2.</summary>
public sealed class RingSelectionTests
{
    /// <summary>Mode and ring id on a port with 4 TX and 2 RX rings, and 1 host ring each way.</summary>
    [Theory]
    [InlineData(1u, 0u, 0, 4, 0, 2)]
    [InlineData(2u, 0u, 4, 5, 2, 3)]
    [InlineData(3u, 0u, 0, 5, 0, 3)]
    [InlineData(4u, 0u, 0, 1, 0, 1)]
    [InlineData(4u, 1u, 1, 2, 1, 2)]
    [InlineData(4u, 3u, 3, 4, 0, 1)]
    [InlineData(7u, 9u, 0, 4, 0, 2)]
    [InlineData(8u, 0u, 4, 5, 2, 3)]
    public void Rings_by_mode(uint mode, uint ringId, int txFirst, int txEnd, int rxFirst, int rxEnd)
    {
        RingSelection.TrySelect(TestPort.WithHost(), (RegisterMode)mode, 0, ringId, out RingSelection selection)
            .Should().Be(Errno.Ok);

        selection.Tx.Should().Be(txFirst..txEnd);
        selection.Rx.Should().Be(rxFirst..rxEnd);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(4u, 4u)]
    [InlineData(4u, 65535u)]
    [InlineData(5u, 0u)]
    [InlineData(6u, 0u)]
    [InlineData(8u, 1u)]
    [InlineData(9u, 0u)]
    [InlineData(0xffff_ffffu, 0u)]
    public void What_is_refused(uint mode, uint ringId) =>
        RingSelection.TrySelect(TestPort.WithHost(), (RegisterMode)mode, 0, ringId, out _).Should().Be(Errno.Inval);

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    [InlineData(8u)]
    public void Host_modes_need_host_rings(uint mode) =>
        RingSelection.TrySelect(TestPort.WithoutHost(), (RegisterMode)mode, 0, 0, out _).Should().Be(Errno.Inval);

    [Fact]
    public void One_direction_leaves_the_other_empty()
    {
        RingSelection.TrySelect(
            TestPort.WithHost(), RegisterMode.AllNic, RegisterFlags.RxRingsOnly, 0, out RingSelection rx).Should().Be(0);
        RingSelection.TrySelect(
            TestPort.WithHost(), RegisterMode.AllNic, RegisterFlags.TxRingsOnly, 0, out RingSelection tx).Should().Be(0);

        rx.Should().Be(new RingSelection(0..0, 0..2));
        tx.Should().Be(new RingSelection(0..4, 0..0));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(9u)]
    public void Both_directions_only_means_no_rings_and_no_check(uint mode)
    {
        RingSelection.TrySelect(
            TestPort.WithoutHost(), (RegisterMode)mode, RegisterFlags.RxRingsOnly | RegisterFlags.TxRingsOnly, 99,
            out RingSelection selection).Should().Be(Errno.Ok);

        selection.Should().Be(new RingSelection(0..0, 0..0));
    }

    private sealed class TestPort : Port
    {
        private TestPort(uint host, Region region) : base("test", new PortRings(4, 2, 64, 64), region)
        {
            HostTxRings = host;
            HostRxRings = host;
        }

        internal static TestPort WithHost() => Make(1);

        internal static TestPort WithoutHost() => Make(0);

        internal override bool TxSync(Kring ring) => true;

        internal override bool RxSync(Kring ring) => true;

        protected override void OnEnded()
        {
        }

        private static TestPort Make(uint host)
        {
            using Arena arena = new(1UL << 30);
            return new TestPort(host, new RegionTable(arena, RegionSizes.GlobalDefault, new Quotas(arena.Size, Serilog.Core.Logger.None)).Global);
        }
    }
}

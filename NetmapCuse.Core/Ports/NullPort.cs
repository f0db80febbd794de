using NetmapCuse.Core.Books;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Rings;

namespace NetmapCuse.Core.Ports;

/// <summary>
/// A port without traffic: a way to a region and its buffers. TX never drains, RX never fills
/// (reference/netmap-behaviour.md section 14).
/// </summary>
internal sealed class NullPort : Port
{
    internal NullPort(string name, PortRings rings, Region region)
        : base($"null:{name}", rings, region) => region.AddReference();

    private protected override PortKind Kind => PortKind.Null;

    internal override bool SupportsOffsets => true;

    internal override bool TxSync(Kring ring) => true;

    internal override bool RxSync(Kring ring) => true;

    protected override void OnEnded() => Region.DropReference();
}

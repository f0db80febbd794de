using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Report;

/// <summary>A figure of the design to hold.</summary>
/// <param name="What">In words.</param>
/// <param name="Name">The series.</param>
/// <param name="Base">The series it is divided by, or null.</param>
/// <param name="Bound">What it may be.</param>
/// <param name="AtLeast">Whether the bound is the lower one.</param>
internal sealed record Requirement(string What, string Name, string? Base, double Bound, bool AtLeast)
{
    private const string Crowd = "idle-ports/250/";
    private const string Vale60 = "vale/1to1/60B/batch1024";

    internal static IReadOnlyList<Requirement> All { get; } =
    [
        new("VALE, 60 bytes, Mpps", Vale60, null, 30, true),
        new("VALE, 60 bytes, batch 256, Mpps", "vale/1to1/60B/batch256", null, 12, true),
        new("VALE, 1514 bytes, Mpps", "vale/1to1/1514B/batch1024", null, 7.5, true),
        new("pipe, 1024 slots, Mpps", "pipe/1024slots/60B/batch1024", null, 40, true),
        new("pipe, 4096 slots, Mpps", "pipe/4096slots/60B/batch4096", null, 50, true),
        new("pipe, slots only, Mpps", "pipe/4096slots/60B/batch4096/untouched", null, 100, true),
        new("VALE by exchange of buffers / pipe, 60 bytes", "vale/zerocopy/60B/batch512", "pipe/1024slots/60B/batch512", 0.8, true),
        new("VALE / AF_PACKET over veth", Vale60, "peer/tpacket_v3-veth/60B", 20, true),
        new("VALE / AF_XDP over veth", Vale60, "peer/af_xdp-veth/60B", 20, true),
        new("VALE / memif", Vale60, "peer/dpdk-memif/60B", 3, true),
        new("NIC receive / plain AF_XDP, 60 bytes", "nic/rx/60B", "peer/af_xdp-link/rx/60B", 0.9, true),
        new("NIC receive / plain AF_XDP, 1514 bytes", "nic/rx/1514B", "peer/af_xdp-link/rx/1514B", 0.9, true),
        new("NIC send / plain AF_XDP, 60 bytes", "nic/tx/60B", "peer/af_xdp-link/tx/60B", 0.9, true),
        new("NIC send / plain AF_XDP, 1514 bytes", "nic/tx/1514B", "peer/af_xdp-link/tx/1514B", 0.9, true),
        new("empty sync / empty round trip", "sync/tx-empty", "limit/roundtrip", 1.3, false),
        new("VALE with 250 idle ports / with 1", Crowd + "vale-1to1-60B", "idle-ports/1/vale-1to1-60B", 0.95, true),
        new("sync with 250 idle ports / with 1", Crowd + "sync", "idle-ports/1/sync", 1.05, false),
        new("CPU of an idle system, 250 ports, %", Crowd + "idle-cpu", null, 0.5, false),
        new("resident, packets not counted, MiB", "memory/idle/without-packets", null, 60, false),
        new("start to first open, ms", "start/first-open", null, 300, false),
    ];

    internal double? Value(Results results) => Base is null ? results.Find(Name)?.Median : results.Ratio(Name, Base);

    internal bool Holds(double value) => AtLeast ? value >= Bound : value <= Bound;
}

namespace NetmapCuse.Drivers.R8169;

/// <summary>A version of the chip: its XID is in TxConfig (reference/nic-drivers.md section 13).</summary>
/// <param name="Xid">Bits 31:20 of TxConfig, bits that do not tell versions apart left out.</param>
/// <param name="Name">For people.</param>
/// <param name="HasGate">From 8168g on: a gate in front of the receiver, PHY registers by OCP.</param>
internal sealed record R8169Version(uint Xid, string Name, bool HasGate)
{
    private const uint Telling = 0x7cf;

    private static readonly R8169Version[] s_known =
    [
        new(0x3c0, "RTL8168c", false),
        new(0x280, "RTL8168d", false),
        new(0x2c0, "RTL8168e", false),
        new(0x2c8, "RTL8168evl", false),
        new(0x480, "RTL8168f", false),
        new(0x4c0, "RTL8168g", true),
        new(0x509, "RTL8168gu", true),
        new(0x540, "RTL8168h", true),
        new(0x541, "RTL8168h", true),
    ];

    /// <summary>Null for a version whose set-up is not known.</summary>
    internal static R8169Version? Of(uint txConfig) =>
        Array.Find(s_known, version => version.Xid == ((txConfig >> 20) & Telling));
}

namespace NetmapCuse.Drivers.Nic;

/// <summary>Flags of an interface that a NIC follows (linux/if.h).</summary>
internal static class TapFlags
{
    internal const uint Promiscuous = 0x100;
    internal const uint AllMulticast = 0x200;
}

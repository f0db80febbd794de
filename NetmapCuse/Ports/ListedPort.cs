namespace NetmapCuse.Ports;

/// <summary>A port of a switch, as it is listed. No rings: the host side of an interface.</summary>
internal sealed record ListedPort(
    string Name, uint Switch, uint Index, uint TxRings, uint RxRings, uint TxSlots, uint RxSlots, uint Region);

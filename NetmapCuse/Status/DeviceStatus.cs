namespace NetmapCuse.Status;

/// <summary>A device file as <c>netmapcuse status --json</c> tells it. Rates are those between two looks; totals are the second look's.</summary>
internal sealed record DeviceStatus(
    string Device, int ProcessId, string Door, string Transport, DateTimeOffset Since, ulong ArenaBytes, int OpenFiles,
    IReadOnlyList<PortStatus> Ports);

/// <summary>A port. TX is what programs send, RX what they receive.</summary>
internal sealed record PortStatus(
    string Name, string Kind, string? Detail, uint MemoryId, ulong RegionBytes, uint TxRings, uint TxSlots, uint RxRings, uint RxSlots,
    uint HostTxRings, uint HostRxRings, TrafficStatus Tx, TrafficStatus Rx, IReadOnlyList<BindingStatus> Bindings,
    IReadOnlyList<RingStatus> Rings);

/// <summary>One direction of a port or ring.</summary>
/// <param name="Frames">Since the port exists.</param>
/// <param name="Bytes">Likewise.</param>
/// <param name="FramesPerSecond">Between the two looks.</param>
/// <param name="BytesPerSecond">Likewise.</param>
/// <param name="Batch">Frames a sync, on the average between the two looks; 0 without any.</param>
/// <param name="Drops">Frames dropped, by cause.</param>
internal sealed record TrafficStatus(
    ulong Frames, ulong Bytes, double FramesPerSecond, double BytesPerSecond, double Batch, DropStatus Drops);

/// <summary>Dropped frames by cause.</summary>
internal sealed record DropStatus(ulong NoRoom, ulong BadSlot, ulong NoDestination, ulong NoCarrier, ulong TooLong)
{
    internal ulong All => NoRoom + BadSlot + NoDestination + NoCarrier + TooLong;
}

/// <summary>A descriptor that registered.</summary>
/// <param name="ProcessId">Who registered it.</param>
/// <param name="UserId">Who opened it.</param>
/// <param name="Command">The program.</param>
/// <param name="Since">When.</param>
/// <param name="Container">Where the process is, if not where we are: its network namespace.</param>
internal sealed record BindingStatus(int ProcessId, uint UserId, string Command, DateTimeOffset Since, string? Container);

/// <summary>A ring that exists.</summary>
/// <param name="Name">"tx0", "rx1", "host rx0".</param>
/// <param name="Slots">Slots.</param>
/// <param name="Used">Slots that wait for somebody: on RX for the program, on TX for the port.</param>
/// <param name="IsStuck">Full, and its program has not moved between the two looks.</param>
internal sealed record RingStatus(string Name, uint Slots, uint Used, bool IsStuck);

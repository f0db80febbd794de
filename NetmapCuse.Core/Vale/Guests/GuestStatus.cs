namespace NetmapCuse.Core.Vale.Guests;

/// <summary>What status views tell of a guest that is connected.</summary>
/// <param name="Features">What was agreed on, as the front-end has set it.</param>
/// <param name="Pairs">Queue pairs that run.</param>
/// <param name="MemoryBytes">Memory of the guest that is mapped.</param>
/// <param name="Regions">In how many pieces.</param>
/// <param name="Mtu">What the front-end said, 0 for nothing.</param>
internal sealed record GuestStatus(ulong Features, int Pairs, ulong MemoryBytes, int Regions, int Mtu);

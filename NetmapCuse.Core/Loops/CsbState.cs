using NetmapCuse.Core.Abi.Netmap;

namespace NetmapCuse.Core.Loops;

/// <summary>
/// CSB mode of an open file, until it is closed. The addresses are those of the process that calls START: the loop works
/// in its memory.
/// </summary>
internal sealed record CsbState(NmreqCsb Addresses);

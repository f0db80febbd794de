using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Memory of a client. Client offsets count from the address that it gave (nro_usrptr), which its programs use instead of
/// mapping the descriptor: a map of that shows the arena. Contents are the client's business, so nothing is cleared.
/// </summary>
internal sealed unsafe class ExternalRange(ExternalMemory memory) : RegionMemory
{
    internal override byte* Address => memory.Address;

    internal override ulong ClientOffset => 0;

    internal override bool Prepare(byte* address, ulong length) => MappedMemory.Populate(address, length);

    internal override void Clear()
    {
    }

    internal override void End() => memory.Dispose();
}

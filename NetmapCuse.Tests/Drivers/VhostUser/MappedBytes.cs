using NetmapCuse.Core.Interop;

namespace NetmapCuse.Tests.Drivers.VhostUser;

/// <summary>A mapping as bytes.</summary>
internal static unsafe class MappedBytes
{
    internal static Span<byte> Bytes(this MappedMemory memory) => new(memory.Address, (int)memory.Length);

    internal static void Clear(this MappedMemory memory) => memory.Bytes().Clear();
}

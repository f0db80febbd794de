using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Drivers.Mmio;

/// <summary>
/// Registers in a mapped BAR. The mapping is uncached, and x86-64 keeps the order of stores to memory and to it; drivers are for
/// x86-64 only (design.md).
/// </summary>
internal sealed unsafe class MappedRegisters : RegisterSpace
{
    private readonly MappedMemory _mapping;
    private readonly byte* _start;
    private readonly ulong _bytes;

    internal MappedRegisters(MappedMemory mapping)
    {
        _mapping = mapping;
        _start = mapping.Address;
        _bytes = mapping.Length;
    }

    internal override byte Read8(uint offset) => Volatile.Read(ref *At(offset, sizeof(byte)));

    internal override ushort Read16(uint offset) => Volatile.Read(ref *(ushort*)At(offset, sizeof(ushort)));

    internal override uint Read32(uint offset) => Volatile.Read(ref *(uint*)At(offset, sizeof(uint)));

    internal override ulong Read64(uint offset) => Volatile.Read(ref *(ulong*)At(offset, sizeof(ulong)));

    internal override void Write8(uint offset, byte value) => Volatile.Write(ref *At(offset, sizeof(byte)), value);

    internal override void Write16(uint offset, ushort value) =>
        Volatile.Write(ref *(ushort*)At(offset, sizeof(ushort)), value);

    internal override void Write32(uint offset, uint value) => Volatile.Write(ref *(uint*)At(offset, sizeof(uint)), value);

    internal override void Write64(uint offset, ulong value) => Volatile.Write(ref *(ulong*)At(offset, sizeof(ulong)), value);

    protected override void Dispose(bool disposing)
    {
        _mapping.Dispose();
        base.Dispose(disposing);
    }

    private byte* At(uint offset, uint bytes)
    {
        Check.That(offset + (ulong)bytes <= _bytes && offset % bytes == 0, "a register lies outside its BAR");
        return _start + offset;
    }
}

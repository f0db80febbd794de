using NetmapCuse.Drivers.Mmio;

namespace NetmapCuse.Drivers.VirtioNet;

/// <summary>A configuration structure: a part of a BAR that a capability points to. Each field is accessed with its own width.</summary>
internal sealed class VirtioWindow(RegisterSpace space, uint start)
{
    internal RegisterSpace Space { get; } = space;

    internal uint Start { get; } = start;

    internal byte Read8(Register register, uint index = 0) => Space.Read8(Start + register.At(index));

    internal ushort Read16(Register register) => Space.Read16(Start + register.Offset);

    internal uint Read32(Register register) => Space.Read32(Start + register.Offset);

    internal void Write8(Register register, byte value) => Space.Write8(Start + register.Offset, value);

    internal void Write16(Register register, uint value) => Space.Write16(Start + register.Offset, (ushort)value);

    internal void Write32(Register register, uint value) => Space.Write32(Start + register.Offset, value);

    /// <summary>Fields of 64 bits are written as two halves (VIRTIO 1.2 section 4.1.3.1).</summary>
    internal void Write64(Register register, ulong value)
    {
        Space.Write32(Start + register.Offset, (uint)value);
        Space.Write32(Start + register.Offset + sizeof(uint), (uint)(value >> 32));
    }
}

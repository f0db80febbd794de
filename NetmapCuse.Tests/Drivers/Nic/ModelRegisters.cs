using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Models;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>A region of a model as a driver accesses it.</summary>
internal sealed class ModelRegisters(IDeviceModel model, int bar) : RegisterSpace
{
    internal override byte Read8(uint offset) => (byte)model.ReadRegister(bar, offset, sizeof(byte));

    internal override ushort Read16(uint offset) => (ushort)model.ReadRegister(bar, offset, sizeof(ushort));

    internal override uint Read32(uint offset) => model.ReadRegister(bar, offset, sizeof(uint));

    internal override ulong Read64(uint offset) => Read32(offset) | ((ulong)Read32(offset + sizeof(uint)) << 32);

    internal override void Write8(uint offset, byte value) => model.WriteRegister(bar, offset, sizeof(byte), value);

    internal override void Write16(uint offset, ushort value) => model.WriteRegister(bar, offset, sizeof(ushort), value);

    internal override void Write32(uint offset, uint value) => model.WriteRegister(bar, offset, sizeof(uint), value);

    internal override void Write64(uint offset, ulong value)
    {
        Write32(offset, (uint)value);
        Write32(offset + sizeof(uint), (uint)(value >> 32));
    }
}

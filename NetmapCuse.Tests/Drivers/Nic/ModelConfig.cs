using System.Buffers.Binary;
using NetmapCuse.Drivers.Pci;
using NetmapCuse.Models;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>The configuration space of a model.</summary>
internal sealed class ModelConfig(ChipModel chip) : PciConfig
{
    internal override uint Read(uint place, int bytes)
    {
        Span<byte> value = stackalloc byte[sizeof(uint)];
        value.Clear();
        lock (chip.Guard)
        {
            chip.Config.Read((int)place, value[..bytes]);
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(value);
    }

    internal override void Write(uint place, int bytes, uint value)
    {
        Span<byte> written = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(written, value);
        lock (chip.Guard)
        {
            chip.Config.Write((int)place, written[..bytes]);
        }
    }
}

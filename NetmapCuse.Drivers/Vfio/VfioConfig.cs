using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Pci;
using Libc = NetmapCuse.Drivers.Interop.Libc;

namespace NetmapCuse.Drivers.Vfio;

/// <summary>Configuration space by way of VFIO, which keeps what is the host's business (BARs, interrupts) to itself.</summary>
/// <param name="device">The device; outlives this.</param>
/// <param name="start">Where its configuration region begins.</param>
internal sealed unsafe class VfioConfig(Fd device, ulong start) : PciConfig
{
    internal override uint Read(uint place, int bytes)
    {
        uint value = 0;
        return Libc.ReadAt(device, &value, (nuint)bytes, (long)(start + place)) == bytes ? value : uint.MaxValue >> (32 - (8 * bytes));
    }

    internal override void Write(uint place, int bytes, uint value)
    {
        if (Libc.WriteAt(device, &value, (nuint)bytes, (long)(start + place)) != bytes)
        {
            throw PosixException.Last("writing PCI configuration space");
        }
    }
}

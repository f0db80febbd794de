using System.Runtime.InteropServices;

namespace NetmapCuse.Drivers.Nic;

/// <summary>A descriptor of 16 bytes, whatever the chip makes of it. Written by the driver, then by the chip.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Descriptor
{
    internal ulong Low;
    internal ulong High;
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetmapCuse.Drivers.Interop;

/// <summary>struct ifreq (linux/if.h), 40 bytes: a name and one of several values.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct InterfaceRequest
{
    /// <summary>ifr_name, NUL-terminated.</summary>
    [FieldOffset(0)] internal InterfaceName Name;

    /// <summary>ifr_flags; sa_family of ifr_hwaddr.</summary>
    [FieldOffset(16)] internal ushort Flags;

    /// <summary>ifr_ifindex, ifr_mtu.</summary>
    [FieldOffset(16)] internal int Number;

    /// <summary>ifr_data.</summary>
    [FieldOffset(16)] internal nint Pointer;

    /// <summary>sa_data of ifr_hwaddr: six bytes.</summary>
    [FieldOffset(18)] internal ulong Address;
}

/// <summary>char[IFNAMSIZ].</summary>
[InlineArray(16)]
internal struct InterfaceName
{
    private byte _first;
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetmapCuse.Drivers.Interop;

/// <summary>struct ifreq (linux/if.h), 40 bytes: a name and, here, flags.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal struct InterfaceRequest
{
    /// <summary>ifr_name, NUL-terminated.</summary>
    [FieldOffset(0)] internal InterfaceName Name;

    /// <summary>ifr_flags.</summary>
    [FieldOffset(16)] internal ushort Flags;
}

/// <summary>char[IFNAMSIZ].</summary>
[InlineArray(16)]
internal struct InterfaceName
{
    private byte _first;
}

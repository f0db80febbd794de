using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Virtio;

/// <summary>struct vring_used_elem: a chain that is given back in a split ring. Written by the device.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UsedElement
{
    internal const int Bytes = 8;

    /// <summary>The chain's first descriptor.</summary>
    internal uint Id;

    /// <summary>Bytes written to it.</summary>
    internal uint Length;
}

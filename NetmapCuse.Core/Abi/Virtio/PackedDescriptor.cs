using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Virtio;

/// <summary>struct vring_packed_desc, 16 bytes. Written by both sides, whose it is say the flags.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PackedDescriptor
{
    internal const int Bytes = 16;
    internal ulong Address;
    internal uint Length;

    /// <summary>What the chain is called when it is given back: that of its last descriptor counts.</summary>
    internal ushort Id;
    internal DescriptorFlags Flags;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Virtio;

/// <summary>struct vring_desc, 16 bytes. Written by the guest at any moment: copy, check, use the copy.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SplitDescriptor
{
    internal const int Bytes = 16;

    /// <summary>In the guest's address space.</summary>
    internal ulong Address;
    internal uint Length;
    internal DescriptorFlags Flags;

    /// <summary>The chain's next descriptor, with <see cref="DescriptorFlags.Next"/>.</summary>
    internal ushort Next;
}

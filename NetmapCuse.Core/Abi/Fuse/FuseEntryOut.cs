using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_entry_out: the answer to LOOKUP.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseEntryOut : IFuseOut
{
    internal ulong NodeId;
    internal ulong Generation;

    /// <summary>How long the kernel may keep the name.</summary>
    internal ulong EntryValidSeconds;
    internal ulong AttributesValidSeconds;
    internal uint EntryValidNs;
    internal uint AttributesValidNs;
    internal FuseAttributes Attributes;
}

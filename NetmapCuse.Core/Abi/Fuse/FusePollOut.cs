using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_poll_out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FusePollOut : IFuseOut
{
    internal uint ReadyEvents;
    internal uint Padding;
}

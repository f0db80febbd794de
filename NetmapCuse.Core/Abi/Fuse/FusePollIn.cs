using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_poll_in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FusePollIn : IFuseIn
{
    internal ulong Handle;

    /// <summary>kh: names the sleepers in FUSE_NOTIFY_POLL.</summary>
    internal ulong KernelHandle;

    /// <summary>FUSE_POLL_SCHEDULE_NOTIFY (bit 0): somebody is queued and wants a notification.</summary>
    internal uint Flags;
    internal uint Events;
}

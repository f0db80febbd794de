using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>struct fuse_notify_poll_wakeup_out.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyPollWakeupOut : IFuseOut
{
    internal ulong KernelHandle;
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Linux;

/// <summary>struct io_uring_cqe.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringCqe
{
    internal ulong UserData;
    internal int Result;
    internal uint Flags;
}

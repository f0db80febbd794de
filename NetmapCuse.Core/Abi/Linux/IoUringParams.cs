using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Abi.Linux;

/// <summary>struct io_uring_params.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringParams
{
    internal uint SqEntries;
    internal uint CqEntries;
    internal uint Flags;
    internal uint SqThreadCpu;
    internal uint SqThreadIdle;
    internal uint Features;
    internal uint WqDescriptor;
    internal uint Reserved0;
    internal uint Reserved1;
    internal uint Reserved2;
    internal IoSqRingOffsets SqOffsets;
    internal IoCqRingOffsets CqOffsets;
}

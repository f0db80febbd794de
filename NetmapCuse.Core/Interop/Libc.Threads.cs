using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>Where a thread runs.</summary>
internal static unsafe partial class Libc
{
    private const int CpuSetWords = 128;

    /// <summary>Pins the calling thread to one CPU; false when that CPU is offline or not in the allowed set.</summary>
    internal static bool PinThread(int cpu)
    {
        ulong* set = stackalloc ulong[CpuSetWords];
        new Span<ulong>(set, CpuSetWords).Clear();
        if (cpu < 0 || cpu >= CpuSetWords * 64)
        {
            return false;
        }

        set[cpu / 64] = 1UL << (cpu % 64);
        return SetAffinity(0, CpuSetWords * sizeof(ulong), set) == 0;
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint size, ulong* set);
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>Where a thread runs.</summary>
internal static unsafe partial class Libc
{
    internal const int CpuSetWords = 128;

    // CLOCK_MONOTONIC's kin that run with one thread: (~id << 3) | CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED (linux/posix-timers.h).
    private const int ThreadClock = 4 | 2;

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

    /// <summary>Lets a thread of this process run on these CPUs, bit by bit; it moves at once where it waits for another one.</summary>
    internal static bool TryMoveThread(int threadId, ReadOnlySpan<ulong> cpus)
    {
        fixed (ulong* set = cpus)
        {
            return SetAffinity(threadId, (nuint)cpus.Length * sizeof(ulong), set) == 0;
        }
    }

    /// <summary>The CPUs that the calling thread may run on.</summary>
    internal static ulong[] AllowedCpus()
    {
        ulong[] cpus = new ulong[CpuSetWords];
        fixed (ulong* set = cpus)
        {
            _ = GetAffinity(0, CpuSetWords * sizeof(ulong), set);
        }

        return cpus;
    }

    /// <summary>How long a thread of this process has run, in nanoseconds; -1 when it has ended.</summary>
    internal static long TimeOfThread(int threadId)
    {
        long* time = stackalloc long[2];
        return GetTime((~threadId << 3) | ThreadClock, time) == 0 ? (time[0] * 1_000_000_000) + time[1] : -1;
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nuint size, ulong* set);

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, long* time);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint size, ulong* set);
}

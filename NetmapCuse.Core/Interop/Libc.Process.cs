using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>Other processes, by system call number of x86-64: old C libraries have no wrappers for these.</summary>
internal static partial class Libc
{
    private const nint PidFdOpenNumber = 434;
    private const nint PidFdGetFdNumber = 438;

    /// <summary>PIDFD_THREAD (linux/pidfd.h, Linux 6.9): one thread instead of a process.</summary>
    private const uint PidFdThread = 0x80;

    /// <summary>A handle on a thread.</summary>
    internal static Fd OpenThread(int threadId) => PidFdOpen(PidFdOpenNumber, threadId, PidFdThread);

    /// <summary>A handle on a process.</summary>
    internal static Fd OpenProcess(int processId) => PidFdOpen(PidFdOpenNumber, processId, 0);

    /// <summary>A duplicate of another process's descriptor.</summary>
    internal static Fd CopyDescriptor(Fd process, int descriptor) => PidFdGetFd(PidFdGetFdNumber, process, descriptor, 0);

    /// <summary>A duplicate of a descriptor of a process that this one was started by or has started.</summary>
    /// <param name="processId">That process.</param>
    /// <param name="descriptor">Its descriptor.</param>
    /// <param name="errno">0 or a positive errno.</param>
    internal static Fd TakeDescriptor(int processId, int descriptor, out int errno)
    {
        using Fd process = OpenProcess(processId);
        Fd taken = process.IsInvalid ? new Fd(-1) : CopyDescriptor(process, descriptor);
        errno = taken.IsInvalid ? Marshal.GetLastPInvokeError() : Errno.Ok;
        return taken;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial Fd PidFdOpen(nint number, int id, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial Fd PidFdGetFd(nint number, Fd process, int descriptor, uint flags);
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>io_uring has no wrappers in libc: syscall(2), with the number as the first argument.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint IoUringSetup(nint number, uint entries, IoUringParams* parameters);

    /// <remarks>Takes the bare number: once a request is too often to count references.</remarks>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint IoUringEnter(
        nint number, int ring, uint submit, uint wait, uint flags, void* argument, nuint size);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial void* MapRing(void* address, nuint length, int protection, int flags, Fd ring, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int UnmapRing(void* address, nuint length);
}

using System.Runtime.InteropServices;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Interop;

/// <summary>Reads and writes at a place of a file: PCI configuration space of a VFIO device.</summary>
internal static unsafe partial class Libc
{
    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    internal static partial nint ReadAt(Fd fd, void* data, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    internal static partial nint WriteAt(Fd fd, void* data, nuint length, long offset);
}

using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>Becoming another program.</summary>
internal static partial class Libc
{
    internal const int ExecutableByCaller = 1; // X_OK

    /// <summary>SIGPIPE (asm/signal.h), which the runtime ignores and every program expects to be ended by.</summary>
    internal const int SigPipe = 13;

    internal const nint SignalDefault = 0;

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    internal static partial nint SetSignal(int signal, nint handler);

    /// <summary>Returns only on failure. Both vectors end with a null.</summary>
    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Execute(string path, string?[] arguments, string?[] environment);
}

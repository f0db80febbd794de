using System.Runtime.InteropServices;

namespace NetmapCuse.Core.Interop;

/// <summary>A system call of the control plane failed. Never thrown on the data path.</summary>
public sealed class PosixException(string step, int errno)
    : IOException($"{step}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
{
    /// <summary>What was being done, e.g. "mount /dev/netmap".</summary>
    public string Step { get; } = step;

    /// <summary>The positive Linux errno.</summary>
    public int Errno { get; } = errno;

    /// <summary>The exception for the call that just failed; reads errno, so it has to be the next thing done.</summary>
    internal static PosixException Last(string step) => new(step, Marshal.GetLastPInvokeError());
}

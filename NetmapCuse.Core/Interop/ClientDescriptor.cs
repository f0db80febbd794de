using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Interop;

/// <summary>Takes a duplicate of a descriptor of the process that makes a call (pidfd_getfd(2), Linux 5.6).</summary>
internal static class ClientDescriptor
{
    /// <param name="threadId">The caller, who waits in its call meanwhile.</param>
    /// <param name="number">Its descriptor.</param>
    /// <param name="errno">0 or a positive errno.</param>
    /// <returns>Invalid when it cannot be had.</returns>
    internal static Fd Take(int threadId, int number, out int errno)
    {
        using Fd process = Libc.OpenProcess(ProcessOf(threadId));
        Fd taken = process.IsInvalid ? new Fd(-1) : Libc.CopyDescriptor(process, number);
        errno = taken.IsInvalid ? Marshal.GetLastPInvokeError() : Errno.Ok;
        return taken;
    }

    /// <summary>A pidfd names a process; calls come from threads.</summary>
    private static int ProcessOf(int threadId)
    {
        const string Field = "Tgid:";
        try
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{threadId}/status");
            string? line = File.ReadLines(path).FirstOrDefault(
                line => line.StartsWith(Field, StringComparison.Ordinal));
            return line is null ? threadId : int.Parse(line.AsSpan(Field.Length), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return threadId;
        }
    }
}

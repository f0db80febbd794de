using NetmapCuse.Core.Interop;
using Serilog;

namespace NetmapCuse.Core.Transport;

/// <summary>Finds out whether FUSE over io_uring can work, and switches it on where that is allowed.</summary>
internal static class UringSupport
{
    private const string Switch = "/sys/module/fuse/parameters/enable_uring";

    /// <summary>
    /// Prepares the kernel. Has to happen before the mount, which makes the offer.
    /// </summary>
    /// <returns>Null when io_uring may be asked for, else why not, with the remedy.</returns>
    internal static string? Prepare(ILogger log)
    {
        try
        {
            using IoUring trial = new(1);
        }
        catch (PosixException refusal)
        {
            return $"{refusal.Message}; kernel.io_uring_disabled has to be 0 and a seccomp profile must allow io_uring";
        }

        return Enable(log);
    }

    private static string? Enable(ILogger log)
    {
        if (!File.Exists(Switch))
        {
            return "the kernel has no FUSE over io_uring (Linux 6.14 with CONFIG_FUSE_IO_URING)";
        }

        try
        {
            if (File.ReadAllText(Switch).StartsWith('Y'))
            {
                return null;
            }

            File.WriteAllText(Switch, "Y");
            log.Information("Switched FUSE over io_uring on ({Switch})", Switch);
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return $"FUSE over io_uring is off: echo Y > {Switch}";
        }
    }
}

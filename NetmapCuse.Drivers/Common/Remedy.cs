using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Common;

/// <summary>What helps against a failure while an interface is taken over: the right or the device that is missing.</summary>
internal static class Remedy
{
    internal const int NoBufferSpace = 105;

    /// <summary>A clause to put behind the failure, or nothing.</summary>
    internal static string For(PosixException failure)
    {
        bool isBpf = failure.Step.Contains("BPF", StringComparison.Ordinal)
            || failure.Step.Contains("program", StringComparison.Ordinal);
        return failure.Errno switch
        {
            NoBufferSpace =>
                "; packet memory has to be locked: CAP_IPC_LOCK or a higher RLIMIT_MEMLOCK is needed (containers: --cap-add IPC_LOCK)",
            Errno.Perm or Errno.Acces when failure.Step.StartsWith("open /dev/net/tun", StringComparison.Ordinal) =>
                "; /dev/net/tun has to be readable and writable (containers: --device /dev/net/tun)",
            Errno.NoEnt or Errno.NoDev or Errno.NxIo when failure.Step.Contains("/dev/net/tun", StringComparison.Ordinal) =>
                "; load the tun module (modprobe tun; containers: --device /dev/net/tun)",
            Errno.Perm when isBpf =>
                "; CAP_BPF and CAP_NET_ADMIN are needed (containers: --cap-add BPF --cap-add NET_ADMIN)",
            Errno.Perm when failure.Step is "an AF_XDP socket" or "an AF_PACKET socket" =>
                "; CAP_NET_RAW is needed (containers: --cap-add NET_RAW)",
            Errno.Perm => "; CAP_NET_ADMIN is needed (containers: --cap-add NET_ADMIN)",
            Errno.Busy or Errno.Exist => "; another program has it",
            _ => string.Empty,
        };
    }
}

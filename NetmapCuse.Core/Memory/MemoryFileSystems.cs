using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Memory;

/// <summary>
/// Which file systems live in memory: the kernel's own ones (memfd, anonymous shared memory, System V) by the device
/// number of a file made there, others by the mount table. Asking a file system itself is no way: it may be a client's.
/// </summary>
internal static class MemoryFileSystems
{
    // MFD_CLOEXEC; MFD_HUGETLB with MFD_HUGE_2MB and MFD_HUGE_1GB (linux/memfd.h)
    private const uint Plain = 0x1;
    private const uint Huge2M = 0x1 | 0x4 | (21u << 26);
    private const uint Huge1G = 0x1 | 0x4 | (30u << 26);

    private static readonly Lazy<HashSet<ulong>> s_internal = new(() => [.. Devices()]);

    /// <param name="device">A device number that some open file has.</param>
    /// <param name="process">What /proc has of a process that has the file system mounted, if it is mounted anywhere.</param>
    internal static bool Contains(ulong device, ThreadFolder process) =>
        s_internal.Value.Contains(device)
        || IsListed(process.ReadLines("mountinfo"), device);

    /// <summary>Looks for the device among the mounts: "36 35 0:31 / /dev/shm rw - tmpfs tmpfs rw".</summary>
    internal static bool IsListed(IEnumerable<string> mounts, ulong device)
    {
        string wanted = string.Create(CultureInfo.InvariantCulture, $"{device >> 32}:{(uint)device}");
        foreach (string mount in mounts)
        {
            string[] fields = mount.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (fields.Length > 2 && fields[2] == wanted && dash > 0 && dash + 1 < fields.Length)
            {
                return fields[dash + 1] is "tmpfs" or "hugetlbfs" or "devtmpfs";
            }
        }

        return false;
    }

    private static IEnumerable<ulong> Devices()
    {
        foreach (uint flags in (uint[])[Plain, Huge2M, Huge1G])
        {
            using Fd file = Libc.MemFdCreate("netmap-probe", flags);
            if (!file.IsInvalid && Libc.StatusOf(file, out Statx status) == 0)
            {
                yield return MemoryIdentity.DeviceNumber(status.DeviceMajor, status.DeviceMinor);
            }
        }
    }
}

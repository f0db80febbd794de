using System.Globalization;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Doctor;

/// <summary>What can be learnt from the kernel without doing anything.</summary>
internal static class Surroundings
{
    // linux/capability.h
    private const int IpcLock = 14;
    private const int SysPtrace = 19;
    private const int SysAdmin = 21;

    internal static IEnumerable<Finding> Rights()
    {
        yield return Capability("CAP_SYS_ADMIN", SysAdmin, "mounting, and giving memory to clients");
        yield return Capability("CAP_SYS_PTRACE", SysPtrace, "reading the arguments of NIOCCTRL");
        yield return Capability("CAP_IPC_LOCK", IpcLock, "locking the memory of the page-cache door");
    }

    internal static Finding Xdp() => KernelFeatures.XdpSocket() switch
    {
        0 => Finding.Yes("network", "AF_XDP", "a socket can be made"),
        1 or 13 => Finding.No("network", "AF_XDP", "no right to make a socket", "run with CAP_NET_RAW"),
        int errno => Finding.No(
            "network", "AF_XDP", $"no socket (errno {errno})", "a kernel with CONFIG_XDP_SOCKETS"),
    };

    internal static Finding Tcx() => KernelFeatures.TcxHook() switch
    {
        0 => Finding.Yes("network", "tcx", "the hook is there"),
        1 or 13 => Finding.No("network", "tcx", "no right to ask", "run with CAP_NET_ADMIN and CAP_BPF"),
        int errno => Finding.No("network", "tcx", $"no such hook (errno {errno})", "Linux 6.6 with CONFIG_NET_XGRESS"),
    };

    internal static Finding Vfio()
    {
        const string Groups = "/sys/kernel/iommu_groups";
        int groups = Directory.Exists(Groups) ? Directory.GetDirectories(Groups).Length : 0;
        if (groups == 0)
        {
            return Finding.No(
                "network", "VFIO", "no IOMMU groups", "switch the IOMMU on (firmware; intel_iommu=on on the kernel command line)");
        }

        string detail = string.Create(CultureInfo.InvariantCulture, $"{groups} IOMMU groups");
        return File.Exists("/dev/vfio/vfio")
            ? Finding.Yes("network", "VFIO", detail)
            : Finding.No("network", "VFIO", detail + ", no /dev/vfio/vfio", "modprobe vfio-pci (containers: --device /dev/vfio)");
    }

    internal static Finding HugePages()
    {
        const string Field = "HugePages_Free:";
        string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(
            line => line.StartsWith(Field, StringComparison.Ordinal));
        int free = line is null ? 0 : int.Parse(line.AsSpan(Field.Length), CultureInfo.InvariantCulture);
        return free > 0
            ? Finding.Yes("memory", "huge pages", $"{free} free")
            : Finding.No("memory", "huge pages", "none free", "echo 512 > /proc/sys/vm/nr_hugepages; helps NIC drivers only");
    }

    internal static Finding SharedPages() => SharedHugePages.AreGranted
        ? Finding.Yes("memory", "transparent huge pages", $"{SharedHugePages.Chosen}, for serve --hugepages")
        : Finding.No("memory", "transparent huge pages", "none for shared memory", SharedHugePages.Remedy);

    private static Finding Capability(string name, int bit, string purpose)
    {
        const string Field = "CapEff:";
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Field, StringComparison.Ordinal));
        ulong effective = ulong.Parse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (effective & (1UL << bit)) != 0
            ? Finding.Yes("rights", name, "held, for " + purpose)
            : Finding.No("rights", name, "missing, for " + purpose, "run as root (containers: --cap-add " + name["CAP_".Length..] + ")");
    }
}

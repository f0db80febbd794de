using System.Globalization;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Memory;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Pci;
using NetmapCuse.Service;

namespace NetmapCuse.Doctor;

/// <summary>What can be learnt from the kernel without doing anything.</summary>
internal static class Surroundings
{
    // linux/capability.h
    private const int NetAdmin = 12;
    private const int NetRaw = 13;
    private const int IpcLock = 14;
    private const int SysPtrace = 19;
    private const int SysAdmin = 21;
    private const int BpfPrograms = 39;

    internal static IEnumerable<Finding> Rights()
    {
        yield return Capability("CAP_SYS_ADMIN", SysAdmin, "mounting, and giving memory to clients");
        yield return Capability("CAP_SYS_PTRACE", SysPtrace, "reading the arguments of NIOCCTRL");
        yield return Capability("CAP_IPC_LOCK", IpcLock, "locking the memory of the page-cache door");
        yield return Capability("CAP_NET_RAW", NetRaw, "interfaces");
        yield return Capability("CAP_NET_ADMIN", NetAdmin, "host rings and persistent ports");
        yield return Holds(SysAdmin)
            ? Finding.Yes("rights", "CAP_BPF", "held with CAP_SYS_ADMIN, for interfaces")
            : Capability("CAP_BPF", BpfPrograms, "interfaces");
        yield return LockedMemory();
    }

    /// <summary>What may be locked: the page-cache door and AF_XDP lock packet memory.</summary>
    private static Finding LockedMemory()
    {
        const string Field = "Max locked memory";
        string line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal), Field);
        string limit = line[Field.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault("unknown");
        return limit == "unlimited" || Holds(IpcLock)
            ? Finding.Yes("rights", "locked memory", limit == "unlimited" ? "no limit" : $"limit {limit}, which CAP_IPC_LOCK lifts")
            : Finding.No("rights", "locked memory", $"limit {limit} bytes", "ulimit -l unlimited (units: LimitMEMLOCK=infinity)");
    }

    internal static Finding Tun()
    {
        const string Path = "/dev/net/tun";
        try
        {
            File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return Finding.Yes("network", Path, "can be opened, for host rings and persistent ports");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return Finding.No(
                "network", Path, File.Exists(Path) ? "may not be opened" : "is not there", "modprobe tun (containers: --device /dev/net/tun)");
        }
    }

    /// <summary>Whether others would see a device that is mounted here.</summary>
    internal static Finding Mounts() => MountPlacement.IsHidden("/dev/netmap")
        ? Finding.No("place", "mounts", "this process has a mount namespace of its own: nobody outside would see the device", MountPlacement.Remedy)
        : Finding.Yes("place", "mounts", "a device that is mounted here is seen by others");

    internal static Finding Container()
    {
        const string Systemd = "/run/systemd/container";
        string? kind = File.Exists("/.dockerenv") ? "docker"
            : File.Exists("/run/.containerenv") ? "podman"
            : File.Exists(Systemd) ? File.ReadAllText(Systemd).Trim()
            : null;
        return Finding.Yes("place", "container", kind is null ? "none seen" : $"this is one ({kind})");
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
        if (Directory.Exists("/sys/module/vfio") && !Directory.Exists("/sys/module/vfio_iommu_type1"))
        {
            return Finding.No("network", "VFIO", detail + ", VFIO does not know the IOMMU", "modprobe vfio_iommu_type1");
        }

        return File.Exists("/dev/vfio/vfio")
            ? Finding.Yes("network", "VFIO", detail)
            : Finding.No("network", "VFIO", detail + ", no /dev/vfio/vfio", "modprobe vfio-pci (containers: --device /dev/vfio)");
    }

    /// <summary>NICs that the daemon has a driver for.</summary>
    internal static IEnumerable<Finding> Nics()
    {
        foreach (PciFunction function in PciFunction.All())
        {
            if (NicDrivers.For(function) is not { } entry)
            {
                continue;
            }

            string name = $"NIC {function.Address}";
            string[] neighbours = [.. function.GroupObstacles()];
            yield return function.Group is not { } group
                ? Finding.No("network", name, $"{entry.Name}, no IOMMU in front of it", "switch the IOMMU on (firmware; intel_iommu=on on the kernel command line)")
                : neighbours.Length != 0
                ? Finding.No(
                    "network", name, $"{entry.Name}, shares IOMMU group {group} with {string.Join(", ", neighbours)}",
                    "bind those to vfio-pci as well, or put the NIC into another slot")
                : Finding.Yes("network", name, $"{entry.Name}, alone in IOMMU group {group}");
        }
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
        return Holds(bit)
            ? Finding.Yes("rights", name, "held, for " + purpose)
            : Finding.No("rights", name, "missing, for " + purpose, "run as root (containers: --cap-add " + name["CAP_".Length..] + ")");
    }

    private static bool Holds(int bit)
    {
        const string Field = "CapEff:";
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(Field, StringComparison.Ordinal));
        ulong effective = ulong.Parse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (effective & (1UL << bit)) != 0;
    }
}

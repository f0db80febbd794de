using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Drivers.Pci;

/// <summary>A PCI function as sysfs shows it: who it is, who drives it, with whom it shares an IOMMU group.</summary>
/// <param name="address">Where it is.</param>
/// <param name="root">/sys, or what a test made of it.</param>
internal sealed class PciFunction(PciAddress address, string root = "/sys")
{
    internal const string VfioDriver = "vfio-pci";

    private const string BridgeDriver = "pcieport";
    private const uint BridgeClass = 0x0604;
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(10);

    private readonly string _folder = Path.Combine(root, "bus/pci/devices", address.Text);
    private readonly string _bus = Path.Combine(root, "bus/pci");

    internal PciAddress Address { get; } = address;

    internal bool Exists => Directory.Exists(_folder);

    internal ushort Vendor => (ushort)ReadNumber("vendor");

    internal ushort Device => (ushort)ReadNumber("device");

    internal byte Revision => (byte)ReadNumber("revision");

    /// <summary>The driver that has it, null for none.</summary>
    internal string? Driver => LinkName("driver");

    /// <summary>Number of its IOMMU group, null without an IOMMU.</summary>
    internal string? Group => LinkName("iommu_group");

    /// <summary>Its network interface in the namespace whose sysfs this is; that of a virtio NIC belongs to a device of its own.</summary>
    internal string? Interface => Interfaces().FirstOrDefault();

    /// <summary>
    /// The function behind a network interface; null for interfaces that are none of a PCI function's.
    /// </summary>
    internal static PciFunction? Behind(string networkInterface, string root = "/sys")
    {
        string link = Path.Combine(root, "class/net", networkInterface, "device");
        if (networkInterface.Contains('/', StringComparison.Ordinal) || !Directory.Exists(link))
        {
            return null;
        }

        string? folder = new DirectoryInfo(link).ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        while (folder is { Length: > 1 })
        {
            if (PciAddress.TryParse(Path.GetFileName(folder)) is { } found)
            {
                return new PciFunction(found, root);
            }

            folder = Path.GetDirectoryName(folder);
        }

        return null;
    }

    /// <summary>All functions of the machine.</summary>
    internal static IEnumerable<PciFunction> All(string root = "/sys")
    {
        string folder = Path.Combine(root, "bus/pci/devices");
        return Directory.Exists(folder)
            ? Directory.GetFileSystemEntries(folder).Order(StringComparer.Ordinal)
                .Select(static path => PciAddress.TryParse(Path.GetFileName(path))).OfType<PciAddress>()
                .Select(found => new PciFunction(found, root))
            : [];
    }

    /// <summary>
    /// What else is in its IOMMU group and has a driver of the host, so that the group cannot be taken: bridges apart, which VFIO
    /// lets be.
    /// </summary>
    internal IEnumerable<string> GroupObstacles()
    {
        string devices = Path.Combine(_folder, "iommu_group/devices");
        foreach (string path in Directory.Exists(devices) ? Directory.GetFileSystemEntries(devices) : [])
        {
            if (PciAddress.TryParse(Path.GetFileName(path)) is { } other && other != Address)
            {
                PciFunction neighbour = new(other, root);
                bool isBridge = neighbour.Driver == BridgeDriver || neighbour.ReadNumber("class") >> 8 == BridgeClass;
                if (!isBridge && neighbour.Driver is { } driver and not VfioDriver)
                {
                    yield return $"{other} ({driver})";
                }
            }
        }
    }

    /// <summary>Takes it from the driver that has it and gives it to VFIO.</summary>
    internal void BindToVfio() => Bind(PciFunction.VfioDriver, PciFunction.VfioDriver);

    /// <summary>Gives it to the driver that the kernel chooses for it, which is <paramref name="driver"/> unless that is not loaded any more.</summary>
    internal void BindToHost(string? driver) => Bind(string.Empty, driver);

    /// <summary>Waits until its interface is there. Null when it does not come.</summary>
    internal string? AwaitInterface(TimeSpan patience)
    {
        DateTime end = DateTime.UtcNow + patience;
        string? found;
        while ((found = Interface) is null && DateTime.UtcNow < end)
        {
            Thread.Sleep(s_step);
        }

        return found;
    }

    private IEnumerable<string> Interfaces()
    {
        IEnumerable<string> folders = Directory.Exists(_folder)
            ? [_folder, .. Directory.GetDirectories(_folder, "virtio*")]
            : [];
        return folders.Select(static folder => Path.Combine(folder, "net")).Where(Directory.Exists)
            .SelectMany(Directory.GetFileSystemEntries).Select(path => Path.GetFileName(path));
    }

    private void Bind(string choice, string? wanted)
    {
        Write(Path.Combine(_folder, "driver_override"), choice.Length == 0 ? "\n" : choice);
        if (Driver is { } former && former != wanted)
        {
            Write(Path.Combine(_folder, "driver/unbind"), Address.Text);
        }

        if (Driver is null)
        {
            Write(Path.Combine(_bus, "drivers_probe"), Address.Text);
        }

        if (wanted is not null && Driver != wanted)
        {
            throw new PosixException(
                $"giving {Address} to the driver {wanted} (it has {Driver ?? "none"} now; is the module loaded?)", Errno.NoDev);
        }
    }

    private static void Write(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new PosixException($"writing {path} ({failure.Message})", Errno.Io);
        }
    }

    private uint ReadNumber(string file)
    {
        string path = Path.Combine(_folder, file);
        return File.Exists(path)
            && uint.TryParse(File.ReadAllText(path).AsSpan().Trim()[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out uint value)
            ? value
            : 0;
    }

    private string? LinkName(string link)
    {
        FileSystemInfo? target = Directory.Exists(Path.Combine(_folder, link))
            ? new DirectoryInfo(Path.Combine(_folder, link)).ResolveLinkTarget(returnFinalTarget: true)
            : null;
        return target?.Name;
    }
}

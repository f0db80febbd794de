using FluentAssertions;
using NetmapCuse.Drivers.Pci;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Pci;

/// <summary>On a sysfs made of folders and links.</summary>
public sealed class PciFunctionTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("sysfs-");

    [Theory]
    [InlineData("0000:02:00.0", "0000:02:00.0")]
    [InlineData("02:1F.7", "0000:02:1f.7")]
    [InlineData("2:00.0", null)]
    [InlineData("0000:02:00.8", null)]
    [InlineData("0000:02:20.0", null)]
    [InlineData("eth0", null)]
    public void An_address_is_told_from_a_name(string text, string? address) =>
        PciAddress.TryParse(text)?.Text.Should().Be(address);

    [Fact]
    public void A_function_is_found_behind_its_interface_also_behind_a_virtio_device()
    {
        string device = Add("0000:00:03.0", "0x020000", group: "5");
        Directory.CreateDirectory(Path.Combine(device, "virtio0/net/ens3"));
        Directory.CreateDirectory(Path.Combine(_root.FullName, "class/net/ens3"));
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "class/net/ens3/device"), Path.Combine(device, "virtio0"));

        PciFunction found = PciFunction.Behind("ens3", _root.FullName)!;

        found.Address.Text.Should().Be("0000:00:03.0");
        found.Interface.Should().Be("ens3");
        found.Vendor.Should().Be(0x8086);
        found.Group.Should().Be("5");
        PciFunction.Behind("ens4", _root.FullName).Should().BeNull();
    }

    [Fact]
    public void A_group_with_something_that_the_host_uses_is_told()
    {
        Add("0000:00:03.0", "0x020000", group: "5");
        Add("0000:00:03.1", "0x010000", group: "5", driver: "ahci");
        Add("0000:00:1c.0", "0x060400", group: "5", driver: "pcieport");
        Add("0000:00:04.0", "0x020000", group: "5", driver: "vfio-pci");
        PciFunction function = new(PciAddress.TryParse("0000:00:03.0")!.Value, _root.FullName);

        function.GroupObstacles().Should().Equal("0000:00:03.1 (ahci)");
        PciFunction.All(_root.FullName).Should().HaveCount(4);
    }

    public void Dispose() => _root.Delete(recursive: true);

    private string Add(string address, string kind, string group, string? driver = null)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root.FullName, "bus/pci/devices", address)).FullName;
        string groupFolder = Directory.CreateDirectory(Path.Combine(_root.FullName, "kernel/iommu_groups", group)).FullName;
        File.WriteAllText(Path.Combine(folder, "vendor"), "0x8086\n");
        File.WriteAllText(Path.Combine(folder, "device"), "0x10c9\n");
        File.WriteAllText(Path.Combine(folder, "class"), kind + "\n");
        Directory.CreateSymbolicLink(Path.Combine(folder, "iommu_group"), groupFolder);
        Directory.CreateDirectory(Path.Combine(groupFolder, "devices"));
        Directory.CreateSymbolicLink(Path.Combine(groupFolder, "devices", address), folder);
        if (driver is not null)
        {
            string driverFolder = Directory.CreateDirectory(Path.Combine(_root.FullName, "bus/pci/drivers", driver)).FullName;
            Directory.CreateSymbolicLink(Path.Combine(folder, "driver"), driverFolder);
        }

        return folder;
    }
}

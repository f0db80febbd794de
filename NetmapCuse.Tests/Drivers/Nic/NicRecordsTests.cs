using FluentAssertions;
using NetmapCuse.Drivers.Nic;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Nic;

public sealed class NicRecordsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("nics-");
    private readonly NicRecords _records;

    public NicRecordsTests() => _records = new NicRecords(Path.Combine(_folder.FullName, "nics"));

    [Fact]
    public void What_was_written_down_is_found_by_address_and_by_name()
    {
        NicRecord record = new()
        {
            Address = "0000:02:00.0",
            Driver = "e1000e",
            Holder = Environment.ProcessId,
            HolderStart = NicRecords.StartOf(Environment.ProcessId),
            Interface = new InterfaceState
            {
                Name = "eth0", Mac = 0x5634_1200_5452, Mtu = 1500, Flags = 0x1003, Addresses = [[1, 2, 3]], Routes = [],
            },
        };
        _records.Write(record);

        _records.Find("0000:02:00.0").Should().BeEquivalentTo(record);
        _records.Find("eth0").Should().BeEquivalentTo(record);
        _records.Find("eth1").Should().BeNull();
        NicRecords.IsOrphan(record).Should().BeFalse();
        _records.Remove(record.Address);
        _records.All.Should().BeEmpty();
    }

    [Fact]
    public void A_process_that_has_ended_leaves_orphans_and_so_does_another_one_of_its_number()
    {
        NicRecord record = new() { Address = "0000:02:00.0", Holder = Environment.ProcessId, HolderStart = 1 };

        NicRecords.IsOrphan(record).Should().BeTrue();
        NicRecords.IsOrphan(record with { Holder = int.MaxValue }).Should().BeTrue();
        NicRecords.IsOrphan(record with { Holder = 0 }).Should().BeFalse();
    }

    [Fact]
    public void A_file_that_is_no_record_is_none()
    {
        _records.Write(new NicRecord { Address = "0000:02:00.0" });
        File.WriteAllText(Path.Combine(_folder.FullName, "nics", "0000:03:00.0.json"), "half a rec");

        _records.All.Should().ContainSingle();
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

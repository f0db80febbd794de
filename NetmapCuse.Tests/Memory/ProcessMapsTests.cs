using FluentAssertions;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

public sealed class ProcessMapsTests
{
    private static readonly string[] s_maps =
    [
        "00400000-00401000 r-xp 00000000 08:02 173521      /usr/bin/dbus daemon",
        "10000000-10010000 rw-s 00003000 00:01 1042        /memfd:x (deleted)",
        "10010000-10011000 rw-s 00013000 00:01 1042        /memfd:x (deleted)",
        "10011000-10020000 rw-s 00014000 00:01 1042        /memfd:x (deleted)",
        "10020000-10030000 rw-s 00000000 00:01 1042        /memfd:x (deleted)",
        "20000000-20010000 rw-p 00000000 00:00 0 ",
        "30000000-30010000 r--s 00000000 00:1f 7           /dev/shm/x",
        "7fff00000000-7fff00001000 rw-s 00000000 00:01 99  /dev/zero (deleted)",
        "nonsense",
    ];

    [Theory]
    [InlineData(0x10000000, 0x10000, 0x3000)]
    [InlineData(0x10001000, 0x1000, 0x4000)]
    [InlineData(0x10001000, 0x1F000, 0x4000)]
    [InlineData(0x1000F000, 0x2000, 0x12000)]
    [InlineData(0x10020000, 0x10000, 0)]
    public void One_piece_of_one_file(ulong address, ulong length, ulong offset)
    {
        ProcessMaps.Find(s_maps, address, length, out ProcessMaps.Mapping mapping).Should().Be(ProcessMaps.Kind.Shared);

        mapping.Identity.Should().Be(new MemoryIdentity(1, 1042, offset));
    }

    [Theory]
    [InlineData(0x10000000, 0x21000, "None")]
    [InlineData(0x1001F000, 0x2000, "None")]
    [InlineData(0x0FFFF000, 0x2000, "None")]
    [InlineData(0x7fff00000000, 0x2000, "None")]
    [InlineData(0x20000000, 0x1000, "Private")]
    [InlineData(0x00400000, 0x1000, "Private")]
    [InlineData(0x30000000, 0x1000, "ReadOnly")]
    [InlineData(0x50000000, 0x1000, "None")]
    [InlineData(0x10000000, 0, "None")]
    [InlineData(0x10000000, ulong.MaxValue, "None")]
    public void Everything_else(ulong address, ulong length, string kind) =>
        ProcessMaps.Find(s_maps, address, length, out _).ToString().Should().Be(kind);

    [Fact]
    public void The_name_of_the_mapping_is_that_of_its_first_piece()
    {
        ProcessMaps.Find(s_maps, 0x10010000, 0x2000, out ProcessMaps.Mapping mapping);

        mapping.Link.Should().Be("10010000-10011000");
    }

    [Theory]
    [InlineData(0, 31, true)]
    [InlineData(0, 32, false)]
    [InlineData(8, 2, false)]
    [InlineData(0, 3, true)]
    public void File_systems_in_memory(uint major, uint minor, bool expected)
    {
        string[] mounts =
        [
            "21 29 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw",
            "22 21 0:31 / /dev/shm rw,nosuid shared:4 master:2 - tmpfs tmpfs rw",
            "23 21 0:32 / /mnt/fuse rw - fuse.evil tmpfs rw",
            "24 21 0:3 / /dev/hugepages rw - hugetlbfs hugetlbfs rw,pagesize=2M",
        ];

        MemoryFileSystems.IsListed(mounts, MemoryIdentity.DeviceNumber(major, minor)).Should().Be(expected);
    }
}

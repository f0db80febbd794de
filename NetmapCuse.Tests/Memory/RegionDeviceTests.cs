using FluentAssertions;
using NetmapCuse.Core.Memory;
using Xunit;

namespace NetmapCuse.Tests.Memory;

public sealed unsafe class RegionDeviceTests : IDisposable
{
    private readonly Arena _arena = new(1UL << 30);

    [Fact]
    public void A_device_lets_go_before_the_pages_of_the_last_user_go_back()
    {
        Region region = new RegionTable(_arena, RegionSizes.GlobalDefault).Global;
        Device device = new();
        region.AddUser();
        region.AddDevice(device);
        *region.BufferPool = 1;

        region.DropUser();

        device.Seen.Should().Equal(1);
        (*region.BufferPool).Should().Be(0);
    }

    [Fact]
    public void One_that_has_let_go_by_itself_is_not_asked()
    {
        Region region = new RegionTable(_arena, RegionSizes.GlobalDefault).Global;
        Device device = new();
        region.AddUser();
        region.AddDevice(device);
        region.RemoveDevice(device);

        region.DropUser();

        device.Seen.Should().BeEmpty();
    }

    public void Dispose() => _arena.Dispose();

    /// <summary>Looks what is in the memory while it lets go of it.</summary>
    private sealed class Device : IRegionDevice
    {
        internal List<byte> Seen { get; } = [];

        public void LetGo(Region region) => Seen.Add(*region.BufferPool);
    }
}

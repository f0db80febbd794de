using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Memory;
using NetmapCuse.Core.Ports;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>Half a change is none: a request that fails in the middle, by whatever, leaves nothing behind, and nobody else notices.</summary>
public sealed class UndoTests : IDisposable
{
    private const string Name = "nmundo0";

    private readonly MemoryAdapters _interfaces = new();
    private readonly DirectDevice _device;

    public UndoTests()
    {
        _device = new DirectDevice(new NetmapCuse.Core.HostBackends { Interfaces = _interfaces, Adapters = _interfaces });
        _interfaces.Add(Name, MemoryAdapter.Usual with { Rings = new PortRings(2, 3, 64, 64) });
    }

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_driver_that_throws_costs_one_request(int queue)
    {
        MemoryAdapter nic = _interfaces[Name];
        nic.BrokenQueue = queue;
        using NetmapClient client = _device.Open();

        client.TryRegister(Name).Should().Be(Errno.Io);

        DeviceBooks.Audit(_device.Device);
        _device.Device.Plane.Inspect(ports => ports.Ports.Count()).Should().Be(0);
        _interfaces[Name].BrokenQueue = null;
        client.TryRegister(Name).Should().Be(0, "nothing is left that is in the way");
        using NetmapClient other = _device.Open().Register("vale0:a");
    }

    [Fact]
    public void Attaching_fails_as_a_whole()
    {
        using NetmapClient client = _device.Open();
        using NetmapClient holder = _device.Open().Register(Name + "{1");
        MemoryAdapter nic = _interfaces[Name];
        nic.BrokenQueue = 2;

        client.Attach("vale0:" + Name).Should().Be(Errno.Io);

        _device.Device.Plane.Inspect(ports => ports.Ports.Single(port => port.Name == Name).IsOwnedBySwitch).Should().BeFalse();
        nic.BrokenQueue = null;
        client.Attach("vale0:" + Name).Should().Be(0);
        client.Detach("vale0:" + Name).Should().Be(0);
        DeviceBooks.Audit(_device.Device);
    }

    [Fact]
    public void Steps_are_taken_back_last_first_and_only_once()
    {
        List<int> order = [];
        UndoList undo = new();
        undo.Add(() => order.Add(1));
        undo.Add(() => order.Add(2));

        undo.TakeBack();
        undo.TakeBack();

        order.Should().Equal(2, 1);
        undo.Add(() => order.Add(3));
        undo.Keep();
        undo.TakeBack();
        order.Should().HaveCount(2);
    }
}

using FluentAssertions;
using NetmapCuse.Core;
using NetmapCuse.Core.Memory;

namespace NetmapCuse.Tests.Device;

/// <summary>What a device has given out, seen from inside.</summary>
internal static class DeviceBooks
{
    /// <summary>Every buffer of every region is free, charged or in limbo, and the totals agree.</summary>
    internal static void Audit(NetmapDevice device) => device.Plane.Inspect(ports =>
    {
        foreach (Region region in ports.Regions.All)
        {
            (uint free, uint charged, uint limbo) = region.Buffers.Audit();
            (free + charged + limbo).Should().Be(region.Layout.Buffer.Count - 2);
        }

        return true;
    });

    /// <summary>Waits until the last file is released, then wants everything to be free.</summary>
    internal static void AssertIdle(NetmapDevice device)
    {
        SpinWait.SpinUntil(() => device.OpenFiles == 0, TimeSpan.FromSeconds(30));
        device.OpenFiles.Should().Be(0, "every file was closed");
        device.Plane.Inspect(ports =>
        {
            ports.Ports.Should().BeEmpty();
            ports.Scopes.All.SelectMany(scope => scope.Switches).Should().AllSatisfy(one => one.Should().BeNull());
            ports.Regions.All.Should().Equal(ports.Regions.Global);
            Region global = ports.Regions.Global;
            global.Users.Should().Be(0);
            global.FreeIfs.Should().Be(global.Layout.If.Count);
            global.FreeRings.Should().Be(global.Layout.Ring.Count);
            global.Buffers.Audit().Should().Be((global.Layout.Buffer.Count - 2, 0u, 0u));
            return true;
        });
    }
}

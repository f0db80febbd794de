using FluentAssertions;
using NetmapCuse.Core.Transport;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Files;

/// <summary>The thread that learns of a release serves everybody on its CPU: it waits for nobody.</summary>
public sealed class ReleaseTests
{
    [Fact]
    public async Task A_release_returns_while_the_control_plane_is_busy()
    {
        using DirectDevice device = new();
        using ManualResetEventSlim isBusy = new();
        using ManualResetEventSlim goOn = new();
        device.Device.Open(new Caller(Client.ThreadId(), 0, 0), out ulong handle).Should().Be(0);
        Task<bool> busy = Background.Run(() => device.Device.Plane.Inspect(_ =>
        {
            isBusy.Set();
            goOn.Wait(Background.Patience);
            return true;
        }));
        isBusy.Wait(Background.Patience, TestContext.Current.CancellationToken).Should().BeTrue();

        Task<bool> release = Background.Run(() =>
        {
            device.Device.Release(handle);
            return true;
        });
        Task first = await Task.WhenAny(release, Task.Delay(Background.Patience / 2, TestContext.Current.CancellationToken));
        int open = device.Device.OpenFiles;
        goOn.Set();

        first.Should().Be(release);
        open.Should().Be(1, "the file is unbound later");
        (await busy).Should().BeTrue();
        device.Device.AwaitReleases();
        device.Device.OpenFiles.Should().Be(0);
    }
}

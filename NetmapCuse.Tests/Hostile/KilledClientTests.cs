using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>
/// Programs that die by kill -9 in every state there is: open files, ports, switches, regions, pools, threads and
/// descriptors are as before. What lasts by design (persistent ports, attachments) is first taken away by request.
/// </summary>
[Collection(MountTests.Name)]
public sealed class KilledClientTests(HostFixture device) : KilledClientTest(device), IClassFixture<HostFixture>
{
    [Theory]
    [InlineData("open", Vale)]
    [InlineData("bound", Vale)]
    [InlineData("sending", Vale)]
    [InlineData("receiving", Vale)]
    [InlineData("exclusive", Vale)]
    [InlineData("extra", Vale)]
    [InlineData("pipe-end", Vale)]
    [InlineData("pipe-ends", Vale)]
    [InlineData("monitored", Vale)]
    [InlineData("monitored-zcopy", Vale)]
    [InlineData("monitored", "vale9:k{1")]
    [InlineData("monitored-zcopy", "vale9:k{1")]
    [InlineData("vnet", Vale)]
    [InlineData("offsets", Vale)]
    [InlineData("csb", Vale)]
    [InlineData("loop-timer", Vale)]
    [InlineData("loop-events", Vale)]
    [InlineData("loop-direct-tx", Vale)]
    [InlineData("loop-direct-rx", Vale)]
    [InlineData("loop-direct", Vale)]
    [InlineData("extmem", Vale)]
    [InlineData("null", Vale)]
    [InlineData("bound", Nic)]
    [InlineData("bound", Nic + "*")]
    [InlineData("bound", Nic + "^")]
    [InlineData("sending", Nic)]
    [InlineData("receiving", Nic)]
    [InlineData("exclusive", Nic)]
    [InlineData("extra", Nic)]
    [InlineData("pipe-ends", Nic)]
    [InlineData("monitored", Nic)]
    [InlineData("monitored-zcopy", Nic)]
    public void Nothing_is_left(string state, string port)
    {
        DeviceRemains before = Prepare();

        Kill(Hold(state, port));

        ShouldReturnTo(before);
    }

    [Theory]
    [InlineData("newif")]
    [InlineData("newif-bound")]
    [InlineData("newif-attached")]
    [InlineData("newif-attached-bound")]
    public void A_persistent_port_lasts_and_can_be_deleted(string state)
    {
        RequireTaps();
        DeviceRemains before = Prepare();

        Kill(Hold(state, AttachedPersistent));

        WaitForFiles(0);
        using NetmapClient client = Device.Open();
        Device.Device.Plane.Inspect(ports => ports.Ports.Any(port => port.Name == Persistent)).Should().BeTrue();
        client.Detach(AttachedPersistent).Should().Be(state.Contains("attached", StringComparison.Ordinal) ? 0 : Errno.NxIo);
        client.DeleteInterface(Persistent).Should().Be(0);
        client.Dispose();
        ShouldReturnTo(before);
    }

    [Theory]
    [InlineData("attached", false)]
    [InlineData("attached-host", false)]
    [InlineData("polling", true)]
    public void An_attachment_lasts_and_can_be_undone(string state, bool isPolling)
    {
        Assert.SkipWhen(isPolling && Environment.ProcessorCount < 2, "polling mode wants a second CPU");
        DeviceRemains before = Prepare();

        Kill(Hold(state, AttachedNic));

        WaitForFiles(0);
        using NetmapClient client = Device.Open();
        client.List().Should().Contain(AttachedNic);
        if (isPolling)
        {
            client.Detach(AttachedNic).Should().Be(Errno.Busy);
            client.Polling(AttachedNic, enable: false, 1, 0, 1).Should().Be(0);
        }

        client.Detach(AttachedNic).Should().Be(0);
        client.Dispose();
        ShouldReturnTo(before);
    }

    /// <summary>The second program is in relation to the first; either may go first.</summary>
    [Theory]
    [InlineData("sending", Vale, "receiving", "vale9:l")]
    [InlineData("pipe-end", Vale, "receiving", "vale9:k}1")]
    [InlineData("sending", "vale9:k{1", "receiving", "vale9:k}1")]
    [InlineData("extra", Vale, "extra", "vale9:k{2")]
    [InlineData("sending", Vale, "monitor-copy", Vale)]
    [InlineData("receiving", "vale9:k}1", "monitor-zcopy", "vale9:k}1")]
    [InlineData("sending", "vale9:k{1", "monitor-zcopy", "vale9:k{1")]
    [InlineData("sending", Vale, "monitor-zcopy", Vale)]
    [InlineData("loop-events", Vale, "sending", "vale9:l")]
    [InlineData("loop-direct", Vale, "sending", "vale9:l")]
    [InlineData("loop-timer", Vale, "monitor-copy", Vale)]
    [InlineData("extmem", Vale, "sending", "vale9:l")]
    [InlineData("vnet", Vale, "sending", "vale9:l")]
    [InlineData("offsets", Vale, "sending", "vale9:l")]
    [InlineData("sending", Nic, "monitor-copy", Nic)]
    [InlineData("sending", Nic, "monitor-zcopy", Nic)]
    [InlineData("attached", AttachedNic, "sending", "vale9:l")]
    [InlineData("attached", AttachedNic, "monitor-copy", Nic)]
    public void Nothing_is_left_of_two_in_either_order(string first, string firstPort, string second, string secondPort)
    {
        DeviceRemains before = Prepare();
        for (int round = 0; round < 2; round++)
        {
            Process one = Hold(first, firstPort);
            Process other = Hold(second, secondPort);
            Thread.Sleep(50);

            Kill(round == 0 ? one : other);
            Thread.Sleep(50);
            Kill(round == 0 ? other : one);

            WaitForFiles(0);
            using NetmapClient client = Device.Open();
            client.Detach(AttachedNic).Should().Be(first == "attached" ? 0 : Errno.NxIo);
            client.Dispose();
            ShouldReturnTo(before);
        }
    }
}

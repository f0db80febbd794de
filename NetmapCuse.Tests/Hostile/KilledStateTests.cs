using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Hostile;

/// <summary>The rest of the walk of <see cref="KilledClientTests"/>: states that join several things.</summary>
[Collection(MountTests.Name)]
public sealed class KilledStateTests(HostFixture device) : KilledClientTest(device), IClassFixture<HostFixture>
{
    private const string Pipe = Vale + "{1";

    [Theory]
    [InlineData("pipe-of-pipe", Vale)]
    [InlineData("extra", Pipe)]
    [InlineData("extra", Nic + "*")]
    [InlineData("offsets", Pipe)]
    [InlineData("offsets", NicName)]
    [InlineData("loop-events", Pipe)]
    [InlineData("loop-timer", NicName)]
    [InlineData("loop-direct", NicName)]
    [InlineData("extmem", NicName)]
    [InlineData("shared-extmem", Vale)]
    [InlineData("shared-region", Vale)]
    [InlineData("null-rings", "null")]
    [InlineData("monitor-chain", Vale)]
    [InlineData("monitor-chain", Pipe)]
    [InlineData("monitor-chain", Nic)]
    [InlineData("monitor-extra", Vale)]
    [InlineData("one-direction", Vale)]
    [InlineData("one-direction", Nic + "*")]
    [InlineData("legacy", Vale)]
    public void Nothing_is_left(string state, string port)
    {
        DeviceRemains before = Prepare();

        Kill(Hold(state, port));

        ShouldReturnTo(before);
    }

    [Fact]
    public void Nothing_is_left_of_a_program_that_forwards_between_wire_and_host()
    {
        DeviceRemains before = Prepare();
        Process program = Hold("forwarding", Nic + "*");
        MemoryAdapter nic = Host.Interfaces[NicName];
        SpinWait.SpinUntil(
            () =>
            {
                nic.Arrive(Frames.Make(1, 2));
                nic.Stack.Send(Frames.Make(2, 1));
                return !nic.Stack.Received.IsEmpty && !nic.Sent.IsEmpty;
            },
            TimeSpan.FromSeconds(30)).Should().BeTrue("frames pass both ways");

        Kill(program);

        ShouldReturnTo(before);
    }

    [Fact]
    public void A_port_that_joins_two_switches_lasts_and_can_be_taken_apart()
    {
        RequireTaps();
        DeviceRemains before = Prepare();

        Kill(Hold("newif-joined", AttachedPersistent));

        WaitForFiles(0);
        using NetmapClient client = Device.Open();
        client.List().Should().BeEquivalentTo(AttachedPersistent, "vale8:" + Persistent);
        client.Detach(AttachedPersistent).Should().Be(Errno.Busy);
        client.Detach("vale8:" + Persistent).Should().Be(0);
        client.Detach(AttachedPersistent).Should().Be(0);
        client.DeleteInterface(Persistent).Should().Be(0);
        client.Dispose();
        ShouldReturnTo(before);
    }

    [Fact]
    public void A_persistent_port_with_a_pipe_lasts_and_can_be_deleted()
    {
        RequireTaps();
        DeviceRemains before = Prepare();

        Kill(Hold("newif-piped", AttachedPersistent));

        WaitForFiles(0);
        using NetmapClient client = Device.Open();
        client.DeleteInterface(Persistent).Should().Be(0);
        client.Dispose();
        ShouldReturnTo(before);
    }

    [Theory]
    [InlineData("attached", "monitor-zcopy")]
    [InlineData("attached-host", "monitor-copy")]
    public void Nothing_is_left_of_monitors_of_an_attached_interface_in_either_order(string state, string monitor)
    {
        DeviceRemains before = Prepare();
        for (int round = 0; round < 2; round++)
        {
            Kill(Hold(state, AttachedNic));
            Process watcher = Hold(monitor, Nic);
            Process sender = Hold("sending", "vale9:l");
            using NetmapClient client = Device.Open();
            if (round == 0)
            {
                Kill(watcher);
                client.Detach(AttachedNic).Should().Be(0);
            }
            else
            {
                client.Detach(AttachedNic).Should().Be(0);
                Kill(watcher);
            }

            Kill(sender);
            client.Dispose();
            ShouldReturnTo(before);
        }
    }
}

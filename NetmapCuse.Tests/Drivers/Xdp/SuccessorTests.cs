using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Drivers.Xdp;

/// <summary>A real interface that goes while a program has it, and another one that gets its name.</summary>
[Collection("real interfaces")]
public sealed class SuccessorTests(RealDevice device) : DeviceTest(device), IClassFixture<RealDevice>
{
    [Fact]
    public void A_successor_of_the_name_can_be_opened_while_the_old_one_is_held()
    {
        using VethRig rig = new();
        NetmapClient old = rig.A.Run(() => Open().Register("a0"));
        rig.InA("link", "del", "a0");
        SpinWait.SpinUntil(() => old.RxSync() == Errno.Io, TimeSpan.FromSeconds(30)).Should().BeTrue();
        rig.A.Run(() => Open().TryRegister("a0")).Should().Be(Errno.NxIo);

        rig.InA("link", "add", "a0", "type", "veth", "peer", "name", "c0");
        rig.InA("link", "set", "a0", "up");
        rig.InA("link", "set", "c0", "up");
        NetmapClient next = rig.A.Run(() => Open().Register("a0"));
        NetmapClient peer = rig.A.Run(() => Open().Register("c0"));
        byte[] frame = Frames.Make(Frames.Broadcast, 1, 200);
        List<byte[]> received = [];
        SpinWait.SpinUntil(
            () =>
            {
                next.Send(frame);
                received.AddRange(peer.Receive());
                return received.Exists(one => one.SequenceEqual(frame));
            },
            TimeSpan.FromSeconds(30)).Should().BeTrue();
        old.Dispose();
        next.TxSync().Should().Be(0);
    }
}

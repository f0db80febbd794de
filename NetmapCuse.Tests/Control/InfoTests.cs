using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>PORT_INFO_GET and POOLS_INFO_GET: reference/netmap-behaviour.md section 18.</summary>
[Collection(MountTests.Name)]
public sealed class InfoTests(AnyDevice device) : DeviceTest(device), IClassFixture<AnyDevice>
{
    [Fact]
    public void A_port_that_does_not_exist_is_described_as_it_would_be_and_does_not_stay()
    {
        NetmapClient client = Open();
        NmreqPortInfoGet body = new() { TxRings = 20, RxRings = 3, TxSlots = 9999, RxSlots = 50 };

        client.Control(RequestType.PortInfoGet, "vale0:a", ref body).Should().Be(0);

        (body.TxRings, body.RxRings, body.TxSlots, body.RxSlots, body.HostTxRings, body.HostRxRings)
            .Should().Be(((ushort)16, (ushort)3, 4096u, 50u, (ushort)0, (ushort)0));
        Device.Device.Plane.Inspect(ports => ports.Ports.Count()).Should().Be(0);
    }

    [Fact]
    public void A_port_that_exists_is_described_as_it_is()
    {
        NetmapClient a = Open().Register("vale0:a", new NmreqRegister { TxSlots = 100, RxRings = 2 });
        NmreqPortInfoGet body = new() { TxSlots = 5, RxRings = 7 };

        Open().Control(RequestType.PortInfoGet, "vale0:a", ref body).Should().Be(0);

        (body.MemorySize, body.MemoryId).Should().Be((a.Reg.MemorySize, a.Reg.MemoryId));
        (body.TxRings, body.RxRings, body.TxSlots, body.RxSlots).Should().Be(((ushort)1, (ushort)2, 100u, 1024u));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Without_a_name_only_the_region_is_told(int memoryId)
    {
        NmreqPortInfoGet body = new() { MemoryId = (ushort)memoryId, TxSlots = 7, RxRings = 9 };

        Open().Control(RequestType.PortInfoGet, "", ref body).Should().Be(0);

        (body.MemorySize, body.MemoryId, body.TxSlots, body.RxRings).Should().Be((343019520UL, (ushort)1, 7u, (ushort)9));
    }

    [Fact]
    public void A_pipe_and_its_parent_are_made_for_the_question_only()
    {
        NmreqPortInfoGet body = new() { TxRings = 2, RxRings = 3, TxSlots = 100, RxSlots = 200 };

        Open().Control(RequestType.PortInfoGet, "vale0:a}x", ref body).Should().Be(0);

        (body.TxRings, body.RxRings, body.TxSlots, body.RxSlots).Should().Be(((ushort)3, (ushort)2, 200u, 100u));
    }

    [Fact]
    public void A_bound_file_may_ask_too()
    {
        NmreqPoolsInfo body = default;

        Open().Register("vale0:a").Control(RequestType.PoolsInfoGet, "vale0:b", ref body).Should().Be(0);

        body.BufferPoolObjects.Should().Be(20482);
    }
}

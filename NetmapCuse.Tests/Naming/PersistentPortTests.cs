using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Naming;

[Collection(MountTests.Name)]
public sealed class PersistentPortTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string Name = "nmtest-p0";
    private const string Other = "nmtest-p1";

    [Fact]
    public void A_new_interface_is_seen_by_the_host_with_carrier_and_goes_with_delif()
    {
        NetmapClient client = OpenWithTaps();
        client.NewInterface(Name).Should().Be(0);
        File.ReadAllText($"/sys/class/net/{Name}/carrier").Trim().Should().Be("1");
        client.NewInterface(Name).Should().Be(Errno.Exist);
        client.DeleteInterface(Name).Should().Be(0);
        Directory.Exists($"/sys/class/net/{Name}").Should().BeFalse();
        client.DeleteInterface(Name).Should().Be(Errno.NxIo);
    }

    [Fact]
    public void Sizes_are_cut_and_written_back()
    {
        NetmapClient client = OpenWithTaps();
        NmreqValeNewInterface body = new() { TxRings = 99, RxRings = 0, TxSlots = 9999, RxSlots = 16 };
        client.Control(RequestType.ValeNewInterface, Name, ref body).Should().Be(0);
        body.TxRings.Should().Be(16);
        body.RxRings.Should().Be(1);
        body.TxSlots.Should().Be(4096);
        body.RxSlots.Should().Be(16);
        body.MemoryId.Should().BeGreaterThan(1);
        client.DeleteInterface(Name).Should().Be(0);
    }

    [Theory]
    [InlineData("vale7")]
    [InlineData("sixteen-letters-")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData(".")]
    [InlineData("")]
    public void Bad_names_are_EINVAL(string name) => Open().NewInterface(name).Should().Be(Errno.Inval);

    [Fact]
    public void Other_interfaces_and_memory_ids_are_refused()
    {
        NetmapClient client = Open();
        client.NewInterface("lo").Should().Be(Errno.Exist);
        client.DeleteInterface("lo").Should().Be(Errno.Inval);
        client.NewInterface(Name, new NmreqValeNewInterface { MemoryId = 999 }).Should().Be(Errno.Inval);
    }

    [Fact]
    public void Both_names_open_an_attached_port_and_traffic_passes()
    {
        NetmapClient client = OpenWithTaps();
        client.NewInterface(Name).Should().Be(0);
        client.NewInterface(Other).Should().Be(0);
        client.Attach("valeP:" + Name).Should().Be(0);
        client.Attach("valeP:" + Other).Should().Be(0);
        client.List().Should().Equal("valeP:" + Name, "valeP:" + Other);

        NetmapClient a = Open().Register(Name);
        NetmapClient b = Open().Register("valeP:" + Other);
        byte[] frame = Frames.Make(2, 1);
        a.Send(frame);
        b.Receive().Should().ContainSingle().Which.Should().Equal(frame);
        client.List().Should().Equal("valeP:" + Name, "valeP:" + Other);

        client.DeleteInterface(Name).Should().Be(Errno.Busy);
        a.Dispose();
        b.Dispose();
        WaitForFiles(1);
        client.DeleteInterface(Name).Should().Be(Errno.Busy, "it is attached");
        client.Detach("valeP:" + Name).Should().Be(0);
        client.Detach("valeP:" + Name).Should().Be(Errno.NxIo);
        client.Detach("valeP:" + Other).Should().Be(0);
        client.DeleteInterface(Name).Should().Be(0);
        client.DeleteInterface(Other).Should().Be(0);
    }

    [Fact]
    public void A_port_that_is_open_cannot_be_attached_and_stays_unharmed()
    {
        NetmapClient client = OpenWithTaps();
        client.NewInterface(Name).Should().Be(0);
        NetmapClient user = Open().Register(Name);
        client.Attach("valeP:" + Name).Should().Be(Errno.Busy);
        client.List().Should().BeEmpty();
        user.Dispose();
        WaitForFiles(1);
        client.DeleteInterface(Name).Should().Be(0);
    }

    [Fact]
    public void An_unattached_name_on_a_switch_is_EINVAL()
    {
        NetmapClient client = OpenWithTaps();
        client.NewInterface(Name).Should().Be(0);
        Open().TryRegister("valeP:" + Name).Should().Be(Errno.Inval);
        client.DeleteInterface(Name).Should().Be(0);
    }

    [Fact]
    public void A_memory_id_is_used_while_the_port_is_open_and_extra_buffers_come_from_there()
    {
        NetmapClient client = OpenWithTaps();
        client.NewInterface(Name).Should().Be(0);
        NetmapClient user = Open().Register(Name, new NmreqRegister { MemoryId = 1, ExtraBuffers = 3 });
        user.Reg.MemoryId.Should().Be(1);
        user.ExtraBuffers().Should().HaveCount(3);
        Open().Register(Name, new NmreqRegister { MemoryId = user.Reg.MemoryId }).Reg.MemoryId.Should().Be(1);
        CloseAllBut(client);
        NetmapClient later = Open().Register(Name);
        later.Reg.MemoryId.Should().BeGreaterThan(1);
        later.Dispose();
        WaitForFiles(1);
        client.DeleteInterface(Name).Should().Be(0);
    }

    [Fact]
    public void Pipes_on_a_name_that_does_not_exist_make_an_interface_that_goes_with_them()
    {
        NetmapClient client = OpenWithTaps();
        NetmapClient pipe = Open().Register(Name + "{1");
        Directory.Exists($"/sys/class/net/{Name}").Should().BeTrue();
        client.DeleteInterface(Name).Should().Be(Errno.Inval);
        Open().Register(Name).Dispose();
        pipe.Dispose();
        WaitForFiles(1);
        SpinWait.SpinUntil(() => !Directory.Exists($"/sys/class/net/{Name}"), TimeSpan.FromSeconds(30)).Should().BeTrue();
    }

    [Fact]
    public void A_pipe_can_be_made_again_while_its_former_interface_is_on_its_way_out()
    {
        NetmapClient client = OpenWithTaps();
        for (int i = 0; i < 10; i++)
        {
            NetmapClient pipe = Open().Register(Name + "{1");
            Directory.Exists($"/sys/class/net/{Name}").Should().BeTrue();
            pipe.Dispose();
            WaitForFiles(1);
        }

        SpinWait.SpinUntil(() => !Directory.Exists($"/sys/class/net/{Name}"), TimeSpan.FromSeconds(30)).Should().BeTrue();
        client.TryRegister(Name).Should().Be(Errno.NxIo);
    }

    [Fact]
    public void A_name_is_free_as_soon_as_its_port_is_deleted()
    {
        NetmapClient client = OpenWithTaps();
        for (int i = 0; i < 50; i++)
        {
            client.NewInterface(Name).Should().Be(0);
            client.DeleteInterface(Name).Should().Be(0);
        }
    }

    [Fact]
    public void Legacy_commands_do_the_same()
    {
        NetmapClient client = OpenWithTaps();
        Nmreq request = new() { Version = NetmapApi.Version, Command = LegacyCommand.BridgeNewInterface, TxRings = 2 };
        WireName.Write(request.Name, Name);
        client.Legacy(NetmapApi.NiocRegIf, ref request).Should().Be(0);
        request.TxRings.Should().Be(2);
        request.RxSlots.Should().Be(1024);

        Nmreq onSwitch = new() { Version = NetmapApi.Version, Command = LegacyCommand.BridgeAttach };
        WireName.Write(onSwitch.Name, "v:" + Name);
        client.Legacy(NetmapApi.NiocRegIf, ref onSwitch).Should().Be(Errno.Inval);
        WireName.Write(onSwitch.Name, "val:" + Name);
        client.Legacy(NetmapApi.NiocRegIf, ref onSwitch).Should().Be(0);
        onSwitch.Command = LegacyCommand.BridgePollingOn;
        client.Legacy(NetmapApi.NiocRegIf, ref onSwitch).Should().Be(Errno.OpNotSupp);
        onSwitch.Command = LegacyCommand.BridgeDetach;
        client.Legacy(NetmapApi.NiocRegIf, ref onSwitch).Should().Be(0);
        request.Command = LegacyCommand.BridgeDeleteInterface;
        client.Legacy(NetmapApi.NiocRegIf, ref request).Should().Be(0);
    }

    [Fact]
    public void What_the_host_sends_is_swallowed()
    {
        NetmapClient client = OpenWithTaps();
        client.NewInterface(Name).Should().Be(0);
        string dropped = $"/sys/class/net/{Name}/statistics/tx_dropped";
        string sent = $"/sys/class/net/{Name}/statistics/tx_packets";
        SpinWait.SpinUntil(() => ReadNumber(sent) > 0, TimeSpan.FromSeconds(30)).Should().BeTrue("the host greets its neighbours");
        ReadNumber(dropped).Should().Be(0);
        client.DeleteInterface(Name).Should().Be(0);
    }

    private static long ReadNumber(string path) =>
        long.Parse(File.ReadAllText(path).Trim(), System.Globalization.CultureInfo.InvariantCulture);

    private readonly List<NetmapClient> _users = [];

    private new NetmapClient Open()
    {
        NetmapClient client = base.Open();
        _users.Add(client);
        return client;
    }

    private NetmapClient OpenWithTaps()
    {
        if (!File.Exists("/dev/net/tun"))
        {
            Assert.Skip("no /dev/net/tun");
        }

        return Open();
    }

    private void CloseAllBut(NetmapClient one)
    {
        foreach (NetmapClient user in _users.Where(user => user != one))
        {
            user.Dispose();
        }

        WaitForFiles(1);
    }

    private void WaitForFiles(int count) =>
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == count, TimeSpan.FromSeconds(30)).Should().BeTrue();
}

using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>REGISTER and the two information requests.</summary>
[Collection(MountTests.Name)]
public sealed class ErrnoRegisterTests(HostFixture device) : ErrnoRowTest(device), IClassFixture<HostFixture>
{
    [Fact]
    public void REGISTER_EBUSY()
    {
        MemoryAdapter nic = Add();
        NetmapClient client = Open().Register("vale0:a", new NmreqRegister { Flags = RegisterFlags.Exclusive });
        client.TryRegister("vale0:b").Should().Be(Errno.Busy, "the file is bound");
        Open().TryRegister("vale0:a").Should().Be(Errno.Busy, "somebody has it exclusively");
        Open().Register("vale0:b");
        Open().TryRegister("vale0:b", new NmreqRegister { Flags = RegisterFlags.Exclusive }).Should().Be(Errno.Busy);
        client.Attach(OnSwitch).Should().Be(0);
        Open().TryRegister(Nic).Should().Be(Errno.Busy, "a switch has it");
        Open().TryRegister(Nic + "{1").Should().Be(Errno.Busy);
        client.Detach(OnSwitch).Should().Be(0);

        NetmapClient offset = Open();
        using OffsetsOption narrow = new(64, 0, 8);
        using OffsetsOption wide = new(64, 0, 16);
        offset.TryRegister("vale0:o", options: narrow.Address).Should().Be(0);
        Open().TryRegister("vale0:o", options: wide.Address).Should().Be(Errno.Busy);

        Interfaces[Nic].OpenError = Errno.Busy;
        Open().TryRegister(Nic).Should().Be(Errno.Busy, "somebody else's hook is on it");
        nic.IsOpen.Should().BeFalse();
    }

    [Fact]
    public void REGISTER_EINVAL()
    {
        Add(MemoryAdapter.Usual with { Mtu = 9000, SplitsFrames = false });
        NetmapClient client = Open();
        client.TryRegister("vale0:a", new NmreqRegister { MemoryId = 999 }).Should().Be(Errno.Inval);
        client.TryRegister("vale0:a", new NmreqRegister { Mode = (RegisterMode)9 }).Should().Be(Errno.Inval);
        client.TryRegister("vale0:a", new NmreqRegister { Mode = RegisterMode.OneNic, RingId = 7 }).Should().Be(Errno.Inval);
        client.TryRegister("vale0:a{").Should().Be(Errno.Inval);
        client.TryRegister("vale0:a", new NmreqRegister { Mode = RegisterMode.Host }).Should().Be(Errno.Inval);
        client.TryRegister(Nic).Should().Be(Errno.Inval, "its MTU is more than a buffer");
        client.TryRegister("vale0:idle", new NmreqRegister { Flags = RegisterFlags.MonitorRx }).Should().Be(Errno.Inval);
        client.TryRegister("null", new NmreqRegister { Mode = RegisterMode.Null }).Should().Be(Errno.Inval);
        client.TryRegister("vale0:lo").Should().Be(Errno.Inval);
        using OffsetsOption offsets = new(4096, 0, 16);
        client.TryRegister("vale0:a", options: offsets.Address).Should().Be(Errno.Inval);
        using CsbOption csb = new(1);
        client.TryRegister("vale0:a", Exclusive, csb.Address).Should().Be(Errno.Inval, "the arrays are not aligned");
        csb.Status.Should().Be(Errno.Inval);
        Set("if_num", "1");
        client.TryRegister("null", new NmreqRegister { Mode = RegisterMode.Null, MemoryId = 1 }).Should().Be(Errno.Inval);
        Set("if_num", "100");
    }

    [Fact]
    public void REGISTER_ENXIO()
    {
        Add();
        NetmapClient client = Open().Register(Nic);
        NetmapClient other = Open();
        other.TryRegister("nobody0").Should().Be(Errno.NxIo);
        Interfaces.Remove(Nic);
        SpinWait.SpinUntil(() => client.RxSync() == Errno.Io, Patience).Should().BeTrue();
        other.TryRegister(Nic).Should().Be(Errno.NxIo, "its driver is gone");
        Add();
        Interfaces[Nic].OpenError = Errno.NxIo;
        other.TryRegister(Nic).Should().Be(Errno.NxIo);
    }

    [Fact]
    public void REGISTER_ENOMEM()
    {
        NetmapClient client = Open();
        client.TryRegister("vale-:a").Should().Be(Errno.NoMem, "no name of a switch");
        NetmapClient[] switches = [.. Enumerable.Range(0, 8).Select(i => Open().Register($"vale{i}:a"))];
        client.TryRegister("vale8:a").Should().Be(Errno.NoMem, "eight switches are all");
        client.TryRegister("null", Null with { TxRings = 1, TxSlots = 3000 }).Should().Be(Errno.NoMem, "a ring of that length");
        client.TryRegister("null", Null with { TxRings = 100, RxRings = 100 }).Should().Be(Errno.NoMem, "a netmap_if for so many");
        using ExtMemOption small = new(4096, isThere: true);
        client.TryRegister("vale0:x", options: small.Address).Should().Be(Errno.NoMem);
        small.Status.Should().Be(Errno.NoMem);
        Array.ForEach(switches, static one => one.Dispose());
    }

    [Fact]
    public void REGISTER_ENOMEM_for_lack_of_a_place_on_the_switch()
    {
        NmreqRegister idle = new()
        {
            TxSlots = 2,
            RxSlots = 2,
            MemoryId = 1,
            Flags = RegisterFlags.TxRingsOnly | RegisterFlags.RxRingsOnly,
        };
        int[] errors = [.. Enumerable.Range(0, 90).Select(i => Open().TryRegister($"vale0:p{i}", idle))];
        errors.Should().OnlyContain(error => error == 0);
        errors = [.. Enumerable.Range(90, 164).Select(i => Open().TryRegister($"vale0:p{i}", idle with { MemoryId = 0 }))];
        errors.Should().OnlyContain(error => error == 0);
        Open().TryRegister("vale0:p254", idle with { MemoryId = 0 }).Should().Be(Errno.NoMem);
        Add();
        Open().Attach(OnSwitch).Should().Be(Errno.NoMem);
    }

    [Fact]
    public void REGISTER_ENOMEM_for_lack_of_a_region()
    {
        // 423 MB each, of which nothing is touched: with both flags a binding has no rings.
        NmreqRegister large = new()
        {
            TxRings = 16,
            RxRings = 16,
            TxSlots = 4096,
            RxSlots = 4096,
            Flags = RegisterFlags.TxRingsOnly | RegisterFlags.RxRingsOnly,
        };
        int error = 0;
        for (int i = 0; i < 60 && error == 0; i++)
        {
            error = Open().TryRegister($"vale0:p{i}", large);
        }

        error.Should().Be(Errno.NoMem);
        NetmapClient client = Open();
        NmreqPortInfoGet info = new() { TxRings = 16, RxRings = 16, TxSlots = 4096, RxSlots = 4096 };
        client.Control(RequestType.PortInfoGet, "vale0:q", ref info).Should().Be(Errno.NoMem);
        client.NewInterface(Persistent, new NmreqValeNewInterface { TxRings = 16, RxRings = 16, TxSlots = 4096, RxSlots = 4096 })
            .Should().Be(File.Exists("/dev/net/tun") ? Errno.NoMem : Errno.OpNotSupp);
    }

    [Fact]
    public void REGISTER_EOPNOTSUPP_EIO_EFAULT()
    {
        Add(MemoryAdapter.Usual with { ReceiveBufferMax = 0 });
        NetmapClient client = Open();
        using NativeOptions unknown = new([(99, 0)]);
        client.TryRegister("vale0:a", options: unknown.First).Should().Be(Errno.OpNotSupp);
        Open().Register("vale0:watched");
        using OffsetsOption offsets = new(64, 0, 16);
        client.TryRegister("vale0:watched", new NmreqRegister { Flags = RegisterFlags.ZeroCopyMonitor }, offsets.Address)
            .Should().Be(Errno.OpNotSupp);
        Set("admode", "1");
        client.TryRegister(Nic).Should().Be(Errno.OpNotSupp, "there is no native driver");
        Set("admode", "0");

        client.TryRegister(Nic).Should().Be(Errno.Io, "nobody knows how much it receives into a buffer");
        NmreqPortHeader header = new() { HeaderLength = 12 };
        client.Control(RequestType.PortHeaderSet, "vale0:watched", ref header).Should().Be(0);
        client.TryRegister("vale0:watched").Should().Be(Errno.Io, "frames have a header that it does not expect");

        using CsbOption csb = new(64);
        client.TryRegister("vale0:a", Exclusive, csb.Address).Should().Be(Errno.Fault);
        using ExtMemOption memory = new(16 << 20, isThere: false);
        client.TryRegister("vale0:a", options: memory.Address).Should().Be(Errno.Fault, "there is nothing at its address");
        memory.Status.Should().Be(Errno.Fault);
        client.TryRegister("vale0:a").Should().Be(0, "a failed request leaves the file as it was");
    }

    [Fact]
    public void PORT_INFO_GET_and_POOLS_INFO_GET()
    {
        Add();
        NetmapClient client = Open();
        (Info(client, "vale-:a"), Pools(client, "vale-:a")).Should().Be((Errno.NoMem, Errno.NoMem));
        (Info(client, "vale0:lo"), Pools(client, "vale0:lo")).Should().Be((Errno.Inval, Errno.Inval));
        (Info(client, "nobody0"), Pools(client, "nobody0")).Should().Be((Errno.NxIo, Errno.NxIo));
        (Info(client, "vale0:a", 999), Pools(client, "vale0:a", 999)).Should().Be((Errno.Inval, Errno.Inval));
        (Info(client, "", 999), Pools(client, "")).Should().Be((Errno.Inval, Errno.NxIo));
        client.Attach(OnSwitch).Should().Be(0);
        (Info(client, Nic), Pools(client, Nic)).Should().Be((0, 0), "attached is no obstacle");
        client.Detach(OnSwitch).Should().Be(0);
        Set("buf_num", "1");
        (Info(client, Nic), Pools(client, Nic)).Should().Be((Errno.Inval, Errno.Inval));
        Set("buf_num", "163840");
    }

    private static int Info(NetmapClient client, string name, ushort memoryId = 0)
    {
        NmreqPortInfoGet body = new() { MemoryId = memoryId };
        return client.Control(RequestType.PortInfoGet, name, ref body);
    }

    private static int Pools(NetmapClient client, string name, ushort memoryId = 0)
    {
        NmreqPoolsInfo body = new() { MemoryId = memoryId };
        return client.Control(RequestType.PoolsInfoGet, name, ref body);
    }
}

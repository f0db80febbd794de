using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Drivers.Testing;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Device;

/// <summary>
/// The errno index of reference/netmap-behaviour.md section 26, row by row, every cause that it names.
/// <para>
/// Rows that no program can reach: EACCES of VALE_ATTACH and VALE_DETACH (a switch reserved by a kernel module: there are none).
/// ENXIO of a monitor whose parent leaves during its REGISTER (one lock is held over both). EINVAL of mmap (the kernel maps the
/// backing file without asking the daemon).
/// </para>
/// </summary>
[Collection(MountTests.Name)]
public sealed class ErrnoRowTests(HostFixture device) : DeviceTest(device), IClassFixture<HostFixture>
{
    private const string Nic = "nmrow0";
    private const string OnSwitch = "vale0:" + Nic;
    private const string Persistent = "nmrow-p0";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

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
        SpinWait.SpinUntil(() => client.RxSync() == Errno.Io, s_patience).Should().BeTrue();
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
            TxSlots = 2, RxSlots = 2, MemoryId = 1, Flags = RegisterFlags.TxRingsOnly | RegisterFlags.RxRingsOnly,
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
            TxRings = 16, RxRings = 16, TxSlots = 4096, RxSlots = 4096,
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

    [Fact]
    public void VALE_ATTACH()
    {
        Add();
        NetmapClient client = Open();
        client.Attach("xale0:" + Nic).Should().Be(Errno.Inval);
        client.Attach("vale-:" + Nic).Should().Be(Errno.NoMem);
        client.Attach(OnSwitch, All with { MemoryId = 999 }, out _).Should().Be(Errno.Inval);
        client.Attach("vale0:nobody0").Should().Be(Errno.Inval);
        client.Attach(OnSwitch, All with { RingId = 1 }, out _).Should().Be(Errno.Inval);
        client.Attach(OnSwitch, RegisterMode.Host).Should().Be(Errno.Inval);
        NetmapClient ephemeral = Open().Register("vale0:e");
        client.Attach("vale0:e").Should().Be(Errno.Busy);
        NetmapClient user = Open().Register(Nic);
        client.Attach(OnSwitch).Should().Be(Errno.Busy, "a program has it");
        Close(user, 2);
        NmreqValeAttach body = new() { Register = All };
        using OffsetsOption offsets = new(64, 0, 16);
        client.Control(RequestType.ValeAttach, OnSwitch, ref body, offsets.Address).Should().Be(Errno.OpNotSupp);
        offsets.Status.Should().Be(Errno.OpNotSupp);
        client.Attach(OnSwitch).Should().Be(0);
        client.Attach(OnSwitch).Should().Be(Errno.Busy, "it is there already");
        client.Attach("vale1:" + Nic).Should().Be(Errno.Busy, "it is elsewhere");
        client.Detach(OnSwitch).Should().Be(0);

        Interfaces.Add(Nic, MemoryAdapter.Usual with { ReceiveBufferMax = 0 });
        client.Attach(OnSwitch).Should().Be(Errno.Io, "steps 8 to 17 of REGISTER");
        Interfaces.Add(Nic, MemoryAdapter.Usual with { Mtu = 9000, SplitsFrames = false });
        client.Attach(OnSwitch).Should().Be(Errno.Inval);
        NetmapClient[] others = [.. Enumerable.Range(1, 7).Select(i => Open().Register($"vale{i}:a"))];
        client.Attach("vale8:" + Nic).Should().Be(Errno.NoMem, "eight switches are all");
        Array.ForEach(others, static one => one.Dispose());
        ephemeral.Dispose();
    }

    [Fact]
    public void VALE_DETACH_and_POLLING()
    {
        Add();
        NetmapClient client = Open();
        client.Detach("xale0:" + Nic).Should().Be(Errno.Inval);
        client.Detach(OnSwitch).Should().Be(Errno.NxIo);
        NetmapClient ephemeral = Open().Register("vale0:e");
        client.Detach("vale0:e").Should().Be(Errno.Busy);

        client.Polling("xale0:" + Nic, true, 1, 0, 1).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 1, 0, 1).Should().Be(Errno.NxIo);
        client.Polling("vale0:e", true, 1, 0, 1).Should().Be(Errno.OpNotSupp);
        client.Attach(OnSwitch).Should().Be(0);
        client.Polling(OnSwitch, false, 1, 0, 1).Should().Be(Errno.Fault);
        client.Polling(OnSwitch, true, 1, 0, 0).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 1, 0, (uint)Environment.ProcessorCount).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 7, 0, 1).Should().Be(Errno.Inval);
        client.Polling(OnSwitch, true, 2, 1, 1).Should().Be(Errno.Inval);
        if (Environment.ProcessorCount > 1)
        {
            client.Polling(OnSwitch, true, 1, 0, 1).Should().Be(0);
            client.Polling(OnSwitch, true, 1, 0, 1).Should().Be(Errno.Fault);
            client.Detach(OnSwitch).Should().Be(Errno.Busy);
            client.Polling(OnSwitch, false, 1, 0, 1).Should().Be(0);
        }

        client.Detach(OnSwitch).Should().Be(0);
        ephemeral.Dispose();
    }

    [Fact]
    public void VALE_LIST_and_PORT_HDR()
    {
        Add();
        NetmapClient client = Open().Register("vale0:a");
        NmreqValeList list = default;
        client.Control(RequestType.ValeList, "eth0", ref list).Should().Be(Errno.Inval);
        client.Control(RequestType.ValeList, "vale9:a", ref list).Should().Be(Errno.NoEnt);
        list.PortIndex = 1;
        client.Control(RequestType.ValeList, "", ref list).Should().Be(Errno.NoEnt, "that is the end of the list");

        NmreqPortHeader header = new() { HeaderLength = 11 };
        client.Control(RequestType.PortHeaderSet, "nobody0", ref header).Should().Be(Errno.Inval, "the length comes first");
        header.HeaderLength = 12;
        client.Control(RequestType.PortHeaderSet, "vale0:b", ref header).Should().Be(Errno.NxIo);
        client.Control(RequestType.PortHeaderSet, Nic, ref header).Should().Be(Errno.NxIo, "it is no port of a switch");
        client.Control(RequestType.PortHeaderGet, "vale0:b", ref header).Should().Be(Errno.NxIo);
        client.Control(RequestType.PortHeaderGet, "nobody0", ref header).Should().Be(Errno.NxIo);
        client.Control(RequestType.PortHeaderGet, "vale0:a{1", ref header).Should().Be(Errno.NoDev);
    }

    [Fact]
    public void VALE_NEWIF_and_VALE_DELIF()
    {
        Assert.SkipUnless(File.Exists("/dev/net/tun"), "no /dev/net/tun");
        NetmapClient client = Open();
        client.NewInterface("vale5").Should().Be(Errno.Inval);
        client.NewInterface("a234567890123456").Should().Be(Errno.Inval);
        client.NewInterface("a/b").Should().Be(Errno.Inval);
        client.NewInterface(Persistent, new NmreqValeNewInterface { MemoryId = 999 }).Should().Be(Errno.Inval);
        client.NewInterface("lo").Should().Be(Errno.Exist);
        client.NewInterface(Persistent).Should().Be(0);
        client.NewInterface(Persistent).Should().Be(Errno.Exist);

        client.DeleteInterface("nobody0").Should().Be(Errno.NxIo);
        client.DeleteInterface("lo").Should().Be(Errno.Inval);
        NetmapClient implied = Open().Register("nmrow-i0{1");
        client.DeleteInterface("nmrow-i0").Should().Be(Errno.Inval, "it was made for a pipe");
        Close(implied, 1);
        NetmapClient user = Open().Register(Persistent);
        client.DeleteInterface(Persistent).Should().Be(Errno.Busy);
        Close(user, 1);
        client.Attach("vale0:" + Persistent).Should().Be(0);
        client.DeleteInterface(Persistent).Should().Be(Errno.Busy);
        client.Attach("vale1:" + Persistent).Should().Be(0);
        client.Detach("vale0:" + Persistent).Should().Be(Errno.Busy, "the first of two attachments");
        client.Detach("vale1:" + Persistent).Should().Be(0);
        client.Detach("vale0:" + Persistent).Should().Be(0);
        client.DeleteInterface(Persistent).Should().Be(0);
    }

    [Fact]
    public async Task CSB_ENABLE_SYNC_KLOOP_and_the_syncs()
    {
        NetmapClient client = Open();
        (client.TxSync(), client.RxSync()).Should().Be((Errno.NxIo, Errno.NxIo));
        (Start(client), Stop(client)).Should().Be((Errno.NxIo, Errno.NxIo));
        client.Register("vale0:a");
        using CsbOption csb = new();
        Enable(client, 0).Should().Be(Errno.Inval, "there is no option");
        Enable(client, csb.Address).Should().Be(Errno.Inval, "the binding is not exclusive");

        NetmapClient loop = Open().Register("vale0:b", Exclusive);
        using CsbOption crooked = new(1);
        using CsbOption missing = new(64);
        Enable(loop, crooked.Address).Should().Be(Errno.Inval);
        Enable(loop, missing.Address).Should().Be(Errno.Fault);
        Start(loop).Should().Be(Errno.Inval, "there are no arrays");
        Enable(loop, csb.Address).Should().Be(0);
        (loop.TxSync(), loop.RxSync()).Should().Be((Errno.Busy, Errno.Busy));
        loop.Poll((int)PollEvents.In).Should().Be((int)PollEvents.Error);
        Start(loop, NmreqSyncLoopStart.SleepMax + 1).Should().Be(Errno.Inval);
        using NativeOptions mode = new([((int)OptionType.SyncLoopMode, 32)]);
        using NativeOptions descriptors = new([((int)OptionType.SyncLoopEventFds, 32)]);
        Start(loop, options: descriptors.First).Should().Be(Errno.Inval, "a descriptor for each ring");
        descriptors.Status(0).Should().Be(Errno.Inval);

        int loops = LoopTestDevice.LoopThreads();
        Task<int> running = Background.Run(() => Start(loop));
        SpinWait.SpinUntil(() => LoopTestDevice.LoopThreads() > loops, s_patience).Should().BeTrue();
        Start(loop).Should().Be(Errno.Busy, "one is running");
        Enable(loop, csb.Address).Should().Be(Errno.Busy);
        Stop(loop).Should().Be(0);
        (await running).Should().Be(0);

        Add();
        NetmapClient lost = Open().Register(Nic);
        Interfaces.Remove(Nic);
        SpinWait.SpinUntil(() => lost.TxSync() == Errno.Io, s_patience).Should().BeTrue();
        lost.RxSync().Should().Be(Errno.Io, "the rings are stopped");
    }

    [Fact]
    public void NIOCCONFIG_NIOCREGIF_NIOCGINFO_and_other_ioctls()
    {
        NetmapClient client = Open();
        client.File.Ioctl(NetmapApi.NiocConfig, new byte[272]).Should().Be(-Errno.Inval);
        client.File.Ioctl(0x00008901, []).Should().Be(-Errno.OpNotSupp);
        foreach (uint ioctl in (uint[])[NetmapApi.NiocRegIf, NetmapApi.NiocGInfo])
        {
            Legacy(client, ioctl, "vale0:a", version: 13).Should().Be(Errno.Inval);
            Legacy(client, ioctl, "nobody0").Should().Be(Errno.NxIo);
            Legacy(client, ioctl, "vale-:a").Should().Be(Errno.NoMem);
        }

        Legacy(client, NetmapApi.NiocRegIf, "vale0:a", command: 3).Should().Be(Errno.Inval);
        Legacy(client, NetmapApi.NiocRegIf, "vale0:a", command: 13).Should().Be(Errno.Inval);
        Legacy(client, NetmapApi.NiocRegIf, "vale0:a", command: 8).Should().Be(Errno.NoMem);
        Legacy(client, NetmapApi.NiocRegIf, "vale0:a", command: 9).Should().Be(Errno.NoMem);
    }

    private static int Legacy(NetmapClient client, uint ioctl, string name, uint version = 14, ushort command = 0)
    {
        Nmreq request = new() { Version = version, Command = (LegacyCommand)command };
        WireName.Write(request.Name, name);
        return client.Legacy(ioctl, ref request);
    }

    private static int Enable(NetmapClient client, ulong options) => Plain(client, RequestType.CsbEnable, options);

    private static int Stop(NetmapClient client) => Plain(client, RequestType.SyncLoopStop, 0);

    private static int Plain(NetmapClient client, RequestType type, ulong options)
    {
        NmreqHeader header = new() { Version = NetmapApi.Version, RequestType = type, Options = options };
        return client.Control(ref header);
    }

    private static int Start(NetmapClient client, uint sleep = 1000, ulong options = 0)
    {
        NmreqSyncLoopStart body = new() { SleepMicroseconds = sleep };
        return client.Control(RequestType.SyncLoopStart, "", ref body, options);
    }

    /// <summary>Closes a file and waits until so many are left.</summary>
    private void Close(NetmapClient client, int left)
    {
        client.Dispose();
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == left, s_patience).Should().BeTrue();
    }

    private static NmreqRegister All { get; } = new() { Mode = RegisterMode.AllNic };

    private static NmreqRegister Exclusive { get; } = new() { Flags = RegisterFlags.Exclusive };

    private static NmreqRegister Null { get; } = new() { Mode = RegisterMode.Null, MemoryId = 1 };

    private MemoryAdapters Interfaces => ((HostFixture)Device).Interfaces;

    private MemoryAdapter Add(Core.Ports.AdapterProperties? properties = null) => Interfaces.Add(Nic, properties);

    private void Set(string name, string value) => Device.Device.Parameters.SetAtStart(name, value).Should().Be(0);

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

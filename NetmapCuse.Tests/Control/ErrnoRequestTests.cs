using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Loops;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Control;

/// <summary>All other requests.</summary>
[Collection(MountTests.Name)]
public sealed class ErrnoRequestTests(HostFixture device) : ErrnoRowTest(device), IClassFixture<HostFixture>
{
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
        client.Attach("vale0:null", RegisterMode.Null).Should().Be(Errno.Inval);
        client.Attach(OnSwitch + "{1").Should().Be(Errno.Inval, "a pipe is no interface");
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
        SpinWait.SpinUntil(() => LoopTestDevice.LoopThreads() > loops, Patience).Should().BeTrue();
        Start(loop).Should().Be(Errno.Busy, "one is running");
        Enable(loop, csb.Address).Should().Be(Errno.Busy);
        Stop(loop).Should().Be(0);
        (await running).Should().Be(0);

        Add();
        NetmapClient lost = Open().Register(Nic);
        Interfaces.Remove(Nic);
        SpinWait.SpinUntil(() => lost.TxSync() == Errno.Io, Patience).Should().BeTrue();
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
        SpinWait.SpinUntil(() => Device.Device.OpenFiles == left, Patience).Should().BeTrue();
    }

    private static NmreqRegister All { get; } = new() { Mode = RegisterMode.AllNic };
}

using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Parameters;
using NetmapCuse.Core.Transport;
using NetmapCuse.Tests.Adapters;
using NetmapCuse.Tests.Device;
using Xunit;

namespace NetmapCuse.Tests.Parameters;

public sealed class ParameterTests : IDisposable
{
    private readonly AnyDevice _device = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("netmap-param-").FullName;

    public static TheoryData<string, string> Defaults => new()
    {
        { "verbose", "0" }, { "debug", "0" }, { "no_timestamp", "0" }, { "no_pendintr", "1" }, { "txsync_retry", "2" },
        { "fwd", "0" }, { "admode", "0" }, { "generic_hwcsum", "0" }, { "generic_mit", "100000" },
        { "generic_ringsize", "1024" }, { "generic_rings", "1" }, { "generic_txqdisc", "1" }, { "ptnet_vnet_hdr", "1" },
        { "mitigate", "1" }, { "mmap_unreg", "0" }, { "flags", "0" },
        { "default_pipes", "0" }, { "bridge_batch", "1024" }, { "vale_zerocopy", "0" }, { "max_bridges", "8" }, { "if_num", "100" },
        { "if_size", "1024" }, { "ring_num", "200" }, { "ring_size", "36864" }, { "buf_num", "163840" },
        { "buf_size", "2048" }, { "if_curr_num", "0" }, { "if_curr_size", "0" }, { "ring_curr_num", "0" },
        { "ring_curr_size", "0" }, { "buf_curr_num", "0" }, { "buf_curr_size", "0" }, { "priv_if_num", "2" },
        { "priv_if_size", "1024" }, { "priv_ring_num", "4" }, { "priv_ring_size", "20480" }, { "priv_buf_num", "4098" },
        { "priv_buf_size", "2048" }, { "sink_delay_ns", "100" }, { "sink_num", "1" },
    };

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public void Every_parameter_has_its_default(string name, string value) => Read(name).Should().Be(value + "\n");

    [Fact]
    public void There_are_no_others() => Table.Names.Should().BeEquivalentTo(Defaults.Select(row => (string)row.Data.Item1));

    [Theory]
    [InlineData("42", 42L)]
    [InlineData("42\n", 42L)]
    [InlineData("-7", -7L)]
    [InlineData("+7", 7L)]
    [InlineData("0x10", 16L)]
    [InlineData("010", 8L)]
    [InlineData("0", 0L)]
    public void Numbers_are_read_as_the_kernel_reads_them(string text, long value)
    {
        ParameterText.TryParse(text, out long parsed).Should().BeTrue();
        parsed.Should().Be(value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("x")]
    [InlineData("4 2")]
    [InlineData("08")]
    [InlineData("--1")]
    [InlineData("1\n\n")]
    [InlineData("0x")]
    [InlineData("99999999999999999999")]
    public void Garbage_is_no_number(string text) => ParameterText.TryParse(text, out _).Should().BeFalse();

    [Fact]
    public void Setting_says_what_is_wrong()
    {
        Table.SetAtStart("nothing", "1").Should().Be(Errno.NoEnt);
        Table.SetAtStart("buf_curr_num", "1").Should().Be(Errno.Acces);
        Table.SetAtStart("buf_num", "-1").Should().Be(Errno.Inval);
        Table.SetAtStart("bridge_batch", "4294967296").Should().Be(Errno.Inval);
        Table.SetAtStart("max_bridges", "2").Should().Be(0);
        _device.Device.Plane.Inspect(ports => ports.Scopes.SwitchesMax).Should().Be(2);
    }

    [Fact]
    public void Global_sizes_take_effect_when_nobody_uses_the_region()
    {
        _device.Require();
        using NetmapClient user = _device.Open().Register("x", Null);
        Read("buf_curr_num").Should().Be("163840\n");
        Table.SetAtStart("buf_num", "8192").Should().Be(0);
        Table.SetAtStart("ring_size", "80000").Should().Be(0);
        using NetmapClient second = _device.Open().Register("y", Null);
        Read("buf_curr_num").Should().Be("163840\n", "somebody uses the region");
        user.Dispose();
        second.Dispose();
        WaitForFiles(0);
        using NetmapClient third = _device.Open().Register("z", Null with { TxRings = 1, TxSlots = 4000 });
        Read("buf_curr_num").Should().Be("8192\n");
        Read("ring_curr_size").Should().Be("80000\n");
        third.Reg.MemorySize.Should().BeLessThan(343019520);
    }

    [Fact]
    public void Impossible_global_sizes_are_EINVAL_until_they_are_changed()
    {
        _device.Require();
        Table.SetAtStart("if_num", "1").Should().Be(0);
        using NetmapClient client = _device.Open();
        client.TryRegister("x", Null).Should().Be(Errno.Inval);
        NmreqPortInfoGet info = default;
        client.Control(RequestType.PortInfoGet, "", ref info).Should().Be(Errno.Inval);
        client.TryRegister("valeQ:a").Should().Be(0, "private regions have sizes of their own");
        Table.SetAtStart("if_num", "100").Should().Be(0);
        using NetmapClient other = _device.Open().Register("x", Null);
    }

    [Fact]
    public void Private_sizes_are_for_regions_made_later()
    {
        _device.Require();
        Table.SetAtStart("priv_buf_num", "50000").Should().Be(0);
        using NetmapClient client = _device.Open().Register("valeQ:a", new NmreqRegister { TxSlots = 16, RxSlots = 16 });
        NmreqPoolsInfo pools = default;
        client.Control(RequestType.PoolsInfoGet, "valeQ:a", ref pools).Should().Be(0);
        pools.BufferPoolObjects.Should().Be(50000);
    }

    [Fact]
    public unsafe void No_timestamp_leaves_only_rings_that_ask()
    {
        _device.Require();
        Table.SetAtStart("no_timestamp", "1").Should().Be(0);
        using NetmapClient client = _device.Open().Register("valeQ:a");
        client.RxSync().Should().Be(0);
        client.Rx.Shared->TimestampSeconds.Should().Be(0);
        client.Rx.Shared->Flags = RingFlags.Timestamp;
        client.RxSync().Should().Be(0);
        client.Rx.Shared->TimestampSeconds.Should().BeGreaterThan(1_500_000_000);
    }

    [Fact]
    public void A_batch_of_nothing_forwards_nothing()
    {
        _device.Require();
        using NetmapClient a = _device.Open().Register("valeQ:a");
        using NetmapClient b = _device.Open().Register("valeQ:b");
        Table.SetAtStart("bridge_batch", "0").Should().Be(0);
        a.Send(Frames.Make(2, 1));
        b.Receive().Should().BeEmpty();
        Table.SetAtStart("bridge_batch", "5000").Should().Be(0);
        a.Send(Frames.Make(2, 1));
        b.Receive().Should().ContainSingle();
    }

    [Fact]
    public void Files_work_with_cat_and_echo_and_modes_like_those_of_sysfs()
    {
        _device.Require();
        string path = Path.Combine(_directory, "run", "parameters");
        using (DirectoryServer server = DirectoryServer.Start(path, Table.Files, Serilog.Core.Logger.None))
        {
            Shell($"cat {path}/bridge_batch").Should().Be((0, "1024\n"));
            Shell($"echo 256 > {path}/bridge_batch").Code.Should().Be(0);
            Shell($"cat {path}/bridge_batch").Should().Be((0, "256\n"));
            Shell($"echo -n 0x20 > {path}/bridge_batch && head -c 2 {path}/bridge_batch").Should().Be((0, "32"));
            Shell($"echo garbage | tee {path}/bridge_batch 2>&1").Output.Should().Contain("Invalid argument");
            Shell($"echo 1 | tee {path}/buf_curr_num 2>&1").Output.Should().Contain("Permission denied");
            Shell($"stat -c %a {path}/bridge_batch {path}/max_bridges {path}").Should().Be((0, "644\n444\n755\n"));
            Shell($"ls {path} | wc -l").Output.Trim().Should().Be("41", "40 parameters and the interfaces");
            Shell($"cat {path}/nothing").Code.Should().NotBe(0);
            Shell($"touch {path}/new 2>/dev/null").Code.Should().NotBe(0);
            FluentActions.Invoking(() => DirectoryServer.Start(path, Table.Files, Serilog.Core.Logger.None))
                .Should().Throw<StartException>();
        }

        Directory.Exists(path).Should().BeFalse();
        MountTable.At(path).Should().BeNull();
    }

    [Fact]
    public void Settings_of_drivers_reach_the_interfaces_that_are_made_later()
    {
        using HostFixture host = new();
        host.Require();
        ParameterTable table = host.Device.Parameters;
        table.SetAtStart("generic_ringsize", "128").Should().Be(0);
        table.SetAtStart("generic_mit", "5000").Should().Be(0);
        table.SetAtStart("generic_hwcsum", "1").Should().Be(0);
        host.Interfaces.Add("nmparam0");
        using NetmapClient client = host.Open().Register("nmparam0");
        host.Interfaces.LastSettings.GenericSlots.Should().Be(128);
        host.Interfaces.LastSettings.GenericNotifyNanoseconds.Should().Be(5000);
        host.Interfaces.LastSettings.GenericChecksums.Should().BeTrue();
    }

    [Fact]
    public void No_pendintr_0_leaves_frames_that_nobody_announced_until_a_sync_insists()
    {
        using HostFixture host = new();
        host.Require();
        host.Interfaces.Add("nmparam0");
        using NetmapClient client = host.Open().Register("nmparam0");
        MemoryAdapter nic = host.Interfaces["nmparam0"];
        client.Poll(PollIn).Should().Be(0);
        nic.Arrive(Frames.Make(1, 2), announces: false);
        client.Poll(PollIn).Should().Be(PollIn, "1 is the default");
        client.Receive().Should().ContainSingle();

        host.Device.Parameters.SetAtStart("no_pendintr", "0").Should().Be(0);
        client.Poll(PollIn).Should().Be(0);
        client.Poll(PollIn).Should().Be(0);
        nic.Arrive(Frames.Make(1, 2), announces: false);
        client.Poll(PollIn).Should().Be(0);
        client.Receive().Should().ContainSingle("NIOCRXSYNC looks");
        client.Poll(PollIn).Should().Be(0);
        client.Poll(PollIn).Should().Be(0);

        nic.Arrive(Frames.Make(1, 2), announces: false);
        nic.Arrive(Frames.Make(1, 2));
        client.Poll(PollIn, 20_000).Should().Be(PollIn);
        client.Rx.TakeAll().Should().HaveCount(2);
    }

    [Fact]
    public void Txsync_retry_says_how_often_a_full_ring_is_asked_for_room()
    {
        using HostFixture host = new();
        host.Require();
        host.Interfaces.Add("nmparam0");
        using NetmapClient program = host.Open().Register("valeA:prog");
        program.Attach("valeA:nmparam0").Should().Be(0);
        MemoryAdapter nic = host.Interfaces["nmparam0"];
        nic.HoldsCompletions = true;
        program.Send([.. Enumerable.Range(0, 63).Select(i => Frames.Make(Frames.Broadcast, 1, seed: i))]);
        nic.Sent.Should().HaveCount(63);
        nic.HoldsCompletions = false;

        host.Device.Parameters.SetAtStart("txsync_retry", "0").Should().Be(0);
        program.Send(Frames.Make(Frames.Broadcast, 1));
        nic.Sent.Should().HaveCount(63);
        host.Device.Parameters.SetAtStart("txsync_retry", "1").Should().Be(0);
        program.Send(Frames.Make(Frames.Broadcast, 1));
        nic.Sent.Should().HaveCount(64);
        program.Detach("valeA:nmparam0").Should().Be(0);
    }

    private const int PollIn = 1;

    private static NmreqRegister Null { get; } = new() { Mode = RegisterMode.Null, MemoryId = 1 };

    private ParameterTable Table => _device.Device.Parameters;

    private string Read(string name) => Table.Files.Single(file => file.Name == name).Read();

    private void WaitForFiles(int count) =>
        SpinWait.SpinUntil(() => _device.Device.OpenFiles == count, TimeSpan.FromSeconds(30)).Should().BeTrue();

    private static (int Code, string Output) Shell(string command)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}

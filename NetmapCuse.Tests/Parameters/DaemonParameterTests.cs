using System.Collections.Concurrent;
using System.Diagnostics;
using FluentAssertions;
using NetmapCuse.Core.Abi.Netmap;
using NetmapCuse.Core.Interop;
using NetmapCuse.Core.Transport;
using NetmapCuse.Tests.Device;
using NetmapCuse.Tests.Drivers.Xdp;
using NetmapCuse.Tests.Transport;
using Xunit;

namespace NetmapCuse.Tests.Parameters;

/// <summary>Parameters of the daemon itself: --set on its command line, and files while it runs.</summary>
public sealed class DaemonParameterTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _directory = Directory.CreateTempSubdirectory("netmap-set-").FullName;
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _daemon;

    public void Dispose()
    {
        if (_daemon is { } daemon)
        {
            if (!daemon.HasExited)
            {
                daemon.Kill();
                daemon.WaitForExit();
            }

            daemon.Dispose();
        }

        foreach (string mount in (string[])[DevicePath, Parameters])
        {
            _ = Libc.Unmount(mount, 2);
        }

        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Values_of_the_command_line_hold_and_files_change_them_while_it_runs()
    {
        Serve("--set", "bridge_batch=0", "--set", "max_bridges=2", "--set", "priv_buf_num=0x8000");
        Read("bridge_batch").Should().Be("0\n");
        Read("max_bridges").Should().Be("2\n");
        Read("priv_buf_num").Should().Be("32768\n");
        using NetmapClient a = Open().Register("vale0:a");
        using NetmapClient b = Open().Register("vale0:b");
        using NetmapClient other = Open().Register("vale1:a");
        using NetmapClient third = Open();
        third.TryRegister("vale2:a").Should().Be(12, "there are two switches");
        NmreqPoolsInfo pools = default;
        a.Control(RequestType.PoolsInfoGet, "vale0:a", ref pools).Should().Be(0);
        pools.BufferPoolObjects.Should().Be(32768);
        a.Send(Frames.Make(2, 1));
        b.Receive().Should().BeEmpty("a batch of nothing forwards nothing");

        File.WriteAllText(FileOf("bridge_batch"), "256\n");
        Read("bridge_batch").Should().Be("256\n");
        a.Send(Frames.Make(2, 1));
        b.Receive().Should().ContainSingle();
        FluentActions.Invoking(() => File.WriteAllText(FileOf("bridge_batch"), "many")).Should().Throw<IOException>();
        FluentActions.Invoking(() => File.WriteAllText(FileOf("max_bridges"), "3")).Should().Throw<Exception>();

        File.WriteAllText(FileOf("verbose"), "1\n");
        using NetmapClient told = Open().Register("vale0:told");
        SpinWait.SpinUntil(() => _log.Any(line => line.Contains("Bound vale0:told", StringComparison.Ordinal)), s_patience)
            .Should().BeTrue();
        _log.Should().NotContain(line => line.Contains("Bound vale0:a", StringComparison.Ordinal));
    }

    [Fact]
    public void Switches_are_shared_between_namespaces_as_the_command_line_says()
    {
        using VethRig rig = new();
        Serve("--shared-switch", "vale7", "--shared-switch", "valepub*");
        foreach ((string name, bool isShared) in (ReadOnlySpan<(string, bool)>)[("vale7", true), ("valepub1", true), ("vale0", false)])
        {
            using NetmapClient a = Open().Register(name + ":a");
            using NetmapClient b = rig.A.Run(() => Open().Register(name + ":b"));
            a.Send(Frames.Make(Frames.Broadcast, 1));
            b.Receive().Should().HaveCount(isShared ? 1 : 0, name);
        }
    }

    [Fact]
    public void A_shared_switch_that_no_switch_can_be_ends_the_start()
    {
        Start("--shared-switch", "br0");
        _daemon!.WaitForExit(s_patience).Should().BeTrue();
        _daemon.WaitForExit();
        _daemon.ExitCode.Should().Be(1);
        _log.Should().Contain(line => line.Contains("--shared-switch br0: give the name of a switch", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nothing=1", "there is no such parameter")]
    [InlineData("buf_curr_num=1", "cannot be set")]
    [InlineData("bridge_batch=x", "give a number within the range")]
    [InlineData("bridge_batch", "give NAME=NUMBER")]
    public void Bad_settings_end_the_start_with_what_is_wrong(string setting, string message)
    {
        Start("--set", setting);
        _daemon!.WaitForExit(s_patience).Should().BeTrue();
        _daemon.WaitForExit();
        _daemon.ExitCode.Should().Be(1);
        _log.Should().Contain(line => line.Contains(message, StringComparison.Ordinal));
        MountTable.At(DevicePath).Should().BeNull();
    }

    private string DevicePath => Path.Combine(_directory, "netmap");

    /// <summary>Devices other than /dev/netmap have a directory of their own, named after them.</summary>
    private string Parameters =>
        Path.Combine(_directory, "run", DevicePath.TrimStart('/').Replace('/', '-'), "parameters");

    private string FileOf(string name) => Path.Combine(Parameters, name);

    private string Read(string name) => File.ReadAllText(FileOf(name));

    private NetmapClient Open() => new(new MountedFile(Client.Open(DevicePath)));

    /// <summary>Starts the daemon and waits until it can be opened.</summary>
    private void Serve(params string[] arguments)
    {
        Start(arguments);
        string? ready = _daemon!.StandardOutput.ReadLine();
        Assert.SkipUnless(ready is not null, "netmapcuse serves nothing here: " + string.Join('\n', _log));
        ready.Should().StartWith("ready");
    }

    private void Start(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "netmapcuse");
        Assert.SkipUnless(File.Exists(program), "netmapcuse is not built beside the tests");
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        _daemon = Process.Start(new ProcessStartInfo(
            program,
            ["serve", "-d", DevicePath, "--run-dir", Path.Combine(_directory, "run"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _daemon.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? string.Empty);
        _daemon.BeginErrorReadLine();
    }
}

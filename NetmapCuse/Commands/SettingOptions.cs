using System.CommandLine;
using NetmapCuse.Configuration;

namespace NetmapCuse.Commands;

/// <summary>The options that "serve" and "check-config" have in common. All are texts: what is wrong is told in our words.</summary>
internal sealed class SettingOptions
{
    private readonly Option<string?> _config = new("--config", "-c")
    {
        Description = $"Configuration file; default {ConfigurationFile.DefaultPath} if it is there; empty for none. Options count more",
    };

    private readonly Option<string[]> _device = new("--device", "-d")
    {
        Description = "Device file to serve, default /dev/netmap; may be given several times, each with its own memory and switches",
    };

    private readonly Option<string?> _mode = new("--mode") { Description = "Permissions, octal; default 0600" };
    private readonly Option<string?> _owner = new("--owner") { Description = "Owner: name or number; default root" };
    private readonly Option<string?> _group = new("--group") { Description = "Group: name or number; default root" };

    private readonly Option<string?> _transport = new("--transport")
    {
        Description = "How calls reach the daemon: auto, uring (io_uring queues), fuse (/dev/fuse readers)",
    };

    private readonly Option<string?> _door = new("--door")
    {
        Description = "What programs open: auto; passthrough, a file whose mmap is passed through (Linux 6.9); pagecache, a file mapped "
            + "by its page cache; cuse, a character device, for which programs are started by 'netmapcuse run'",
    };

    private readonly Option<string?> _arenaSize = new("--arena-size")
    {
        Description = "Packet memory a device file may grow to, e.g. 4G; default 16G; only what is used takes memory",
    };

    private readonly Option<bool> _hugePages = new("--hugepages")
    {
        Description = "Ask for transparent huge pages for packet memory, so that the daemon misses fewer addresses",
    };

    private readonly Option<string?> _spin = new("--spin-us")
    {
        Description = "Microseconds that a poll watches its rings before the caller sleeps; default 60, 0 for never",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Module parameter NAME=NUMBER, e.g. bridge_batch=256; may be given several times",
    };

    private readonly Option<string[]> _sharedSwitch = new("--shared-switch")
    {
        Description = "A switch that the processes of all network namespaces share, by name, or all whose names begin so: "
            + "PREFIX*; may be given several times",
    };

    private readonly Option<string[]> _vhostUser = new("--vhost-user")
    {
        Description = "A virtual machine on a switch: PORT=SOCKET[,client][,queues=N][,mode=0660][,owner=U][,group=G]"
            + "[,device=PATH], e.g. vale0:vm1=/run/vm1.sock; may be given several times",
    };

    private readonly Option<string?> _runDirectory = new("--run-dir")
    {
        Description = "Where parameters are served as files: DIR/parameters; default /run/netmapcuse, empty for nowhere",
    };

    private readonly Option<string[]> _vfio = new("--vfio")
    {
        Description = "A NIC that the daemon drives itself, by VFIO: its PCI address or the name of its interface; may be given several "
            + "times. The host keeps a TAP of the name",
    };

    private readonly Option<bool> _vfioInUse = new("--vfio-in-use")
    {
        Description = "Takes such NICs also while their interfaces have addresses, a default route or a master",
    };

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[]
        {
            _config, _device, _mode, _owner, _group, _transport, _door, _arenaSize, _hugePages, _spin, _set, _sharedSwitch, _vhostUser,
            _runDirectory, _vfio, _vfioInUse,
        })
        {
            command.Options.Add(option);
        }
    }

    internal CommandLineSettings Read(ParseResult parsed) => new()
    {
        ConfigurationPath = parsed.GetValue(_config),
        Devices = parsed.GetValue(_device) ?? [],
        Mode = parsed.GetValue(_mode),
        Owner = parsed.GetValue(_owner),
        Group = parsed.GetValue(_group),
        Transport = parsed.GetValue(_transport),
        Door = parsed.GetValue(_door),
        ArenaSize = parsed.GetValue(_arenaSize),
        HugePages = parsed.GetValue(_hugePages),
        SpinMicroseconds = parsed.GetValue(_spin),
        Parameters = parsed.GetValue(_set) ?? [],
        SharedSwitches = parsed.GetValue(_sharedSwitch) ?? [],
        VhostUser = parsed.GetValue(_vhostUser) ?? [],
        RunDirectory = parsed.GetValue(_runDirectory),
        Nics = parsed.GetValue(_vfio) ?? [],
        TakesNicsInUse = parsed.GetValue(_vfioInUse),
    };
}

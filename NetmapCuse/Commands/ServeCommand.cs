using System.CommandLine;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse serve": serves device files in the foreground until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    internal static Command Create()
    {
        Option<string[]> device = new("--device", "-d")
        {
            Description = "Device file to serve; may be given several times, each with its own memory and switches",
            DefaultValueFactory = _ => ["/dev/netmap"],
        };
        Option<string> mode = new("--mode") { Description = "Permissions, octal", DefaultValueFactory = _ => "0600" };
        Option<string> owner = new("--owner") { Description = "Owner: name or number", DefaultValueFactory = _ => "0" };
        Option<string> group = new("--group") { Description = "Group: name or number", DefaultValueFactory = _ => "0" };
        Option<TransportKind> transport = new("--transport")
        {
            Description = "How calls reach the daemon: io_uring queues, or /dev/fuse readers",
            DefaultValueFactory = _ => TransportKind.Auto,
        };
        Option<Door> door = new("--door")
        {
            Description = "What programs open: a file whose mmap is passed through (Linux 6.9), a file mapped by its page "
                + "cache, or a character device, for which programs are started by 'netmapcuse run'",
            DefaultValueFactory = _ => Door.Auto,
        };
        Option<string> arenaSize = new("--arena-size")
        {
            Description = "Packet memory a device file may grow to, e.g. 4G; only what is used takes memory",
            DefaultValueFactory = _ => "16G",
        };
        Option<bool> hugePages = new("--hugepages")
        {
            Description = "Ask for transparent huge pages for packet memory, so that the daemon misses fewer addresses",
        };
        Option<int> spin = new("--spin-us")
        {
            Description = "Microseconds that a poll watches its rings before the caller sleeps; 0 for never",
            DefaultValueFactory = _ => 60,
        };
        Option<bool> verbose = new("--verbose", "-v") { Description = "Log every binding" };
        Option<string[]> set = new("--set")
        {
            Description = "Module parameter NAME=NUMBER, e.g. bridge_batch=256; may be given several times",
            DefaultValueFactory = _ => [],
        };
        Option<string[]> sharedSwitch = new("--shared-switch")
        {
            Description = "A switch that the processes of all network namespaces share, by name, or all whose names begin so: "
                + "PREFIX*; may be given several times",
            DefaultValueFactory = _ => [],
        };
        Option<string[]> vhostUser = new("--vhost-user")
        {
            Description = "A virtual machine on a switch: PORT=SOCKET[,client][,queues=N][,mode=0660][,owner=U][,group=G]"
                + "[,device=PATH], e.g. vale0:vm1=/run/netmapcuse/vm1.sock; may be given several times",
            DefaultValueFactory = _ => [],
        };
        Option<string> runDirectory = new("--run-dir")
        {
            Description = "Where parameters are served as files: DIR/parameters; empty for nowhere",
            DefaultValueFactory = _ => "/run/netmapcuse",
        };
        Command command = new("serve", "Serve /dev/netmap in the foreground; prints 'ready' when programs can open it")
        {
            device, mode, owner, group, transport, door, arenaSize, hugePages, spin, verbose, set, sharedSwitch, vhostUser, runDirectory,
        };
        command.SetAction(parsed =>
        {
            return Daemon.Run(new ServeSettings
            {
                Devices = parsed.GetValue(device)!,
                Mode = parsed.GetValue(mode)!,
                Owner = parsed.GetValue(owner)!,
                Group = parsed.GetValue(group)!,
                Transport = parsed.GetValue(transport),
                Door = parsed.GetValue(door),
                ArenaSize = parsed.GetValue(arenaSize)!,
                HugePages = parsed.GetValue(hugePages),
                SpinMicroseconds = parsed.GetValue(spin),
                Verbose = parsed.GetValue(verbose),
                Parameters = parsed.GetValue(set)!,
                SharedSwitches = parsed.GetValue(sharedSwitch)!,
                VhostUser = parsed.GetValue(vhostUser)!,
                RunDirectory = parsed.GetValue(runDirectory)!,
            });
        });
        return command;
    }
}

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
        Option<string> arenaSize = new("--arena-size")
        {
            Description = "Packet memory a device file may grow to, e.g. 4G; only what is used takes memory",
            DefaultValueFactory = _ => "16G",
        };
        Option<int> spin = new("--spin-us")
        {
            Description = "Microseconds that a poll watches its rings before the caller sleeps; 0 for never",
            DefaultValueFactory = _ => 60,
        };
        Option<bool> verbose = new("--verbose", "-v") { Description = "Log every binding" };
        Command command = new("serve", "Serve /dev/netmap in the foreground; prints 'ready' when programs can open it")
        {
            device, mode, owner, group, transport, arenaSize, spin, verbose,
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
                ArenaSize = parsed.GetValue(arenaSize)!,
                SpinMicroseconds = parsed.GetValue(spin),
                Verbose = parsed.GetValue(verbose),
            });
        });
        return command;
    }
}

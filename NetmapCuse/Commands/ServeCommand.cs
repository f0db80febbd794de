using System.CommandLine;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse serve": serves device files in the foreground until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    internal static Command Create()
    {
        SettingOptions options = new();
        Option<bool> verbose = new("--verbose", "-v") { Description = "Log every binding" };
        Command command = new("serve", "Serve /dev/netmap in the foreground; prints 'ready' when programs can open it");
        options.AddTo(command);
        command.Options.Add(verbose);
        command.SetAction(parsed => Daemon.Run(options.Read(parsed) with { Verbose = parsed.GetValue(verbose) }));
        return command;
    }
}

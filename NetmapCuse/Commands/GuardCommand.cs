using System.CommandLine;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse guard": started by a daemon with the page-cache door, for when it is killed.</summary>
internal static class GuardCommand
{
    internal const string Name = "guard";

    internal static Command Create()
    {
        Argument<int> process = new("process") { Description = "The daemon" };
        Argument<string> path = new("path") { Description = "The device file that it serves" };
        Command command = new(Name, "Watch over a daemon with the page-cache door") { process, path };
        command.Hidden = true;
        command.SetAction(parsed => ConnectionGuard.Watch(parsed.GetValue(process), parsed.GetValue(path)!));
        return command;
    }
}

using System.CommandLine;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Transport;
using NetmapCuse.Service;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse pager": started by a daemon with the page-cache door; its output is for the daemon.</summary>
internal static class PagerCommand
{
    internal const string Name = "pager";

    internal static Command Create()
    {
        Argument<string[]> settings = new("settings") { Description = "What the daemon tells" };
        Command command = new(Name, "Answer for the pages of a daemon with the page-cache door") { settings };
        command.Hidden = true;
        command.SetAction(parsed => Run(parsed.GetValue(settings)!));
        return command;
    }

    /// <summary>Signals that are meant for the daemon reach its group, too. The pager ends after it.</summary>
    private static int Run(string[] arguments)
    {
        const int Misused = 2;
        if (PagerSettings.Parse(arguments) is not { } settings)
        {
            return Misused;
        }

        Leftovers.Remove();
        List<PosixSignalRegistration> ignored =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(
                static signal => PosixSignalRegistration.Create(signal, static context => context.Cancel = true)),
        ];
        Pager.Run(settings);
        ignored.ForEach(static registration => registration.Dispose());
        return 0;
    }
}

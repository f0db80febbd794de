using System.CommandLine;
using System.CommandLine.Invocation;
using NetmapCuse.Commands;
using NetmapCuse.Service;

Console.SetOut(new TolerantWriter(Console.OpenStandardOutput()));
RootCommand root = new("A user-space /dev/netmap: VALE switches and netmap pipes on a stock Linux kernel.")
{
    ServeCommand.Create(),
    CheckConfigCommand.Create(),
    PortCommand.Create(),
    StatusCommand.Create(),
    NicCommand.Create(),
    RunCommand.Create(),
    DoctorCommand.Create(),
    PagerCommand.Create(),
};
ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction mistake)
{
    mistake.ShowHelp = false; // a page of help hides the line that says what is wrong
}

return parsed.Invoke();

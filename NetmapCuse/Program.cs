using System.CommandLine;
using NetmapCuse.Commands;

RootCommand root = new("A user-space /dev/netmap: VALE switches and netmap pipes on a stock Linux kernel.")
{
    ServeCommand.Create(),
    RunCommand.Create(),
    DoctorCommand.Create(),
    PagerCommand.Create(),
};
return root.Parse(args).Invoke();

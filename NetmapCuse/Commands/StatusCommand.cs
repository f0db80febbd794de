using System.CommandLine;
using NetmapCuse.Core.Books;
using NetmapCuse.Status;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse status": what the daemons here have, and what flows. Read from their books: they do not notice.</summary>
internal static class StatusCommand
{
    private const int Failed = 1;

    internal static Command Create()
    {
        Argument<string?> port = new("port") { Description = "Only this port", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> device = new("--device", "-d") { Description = "Only this device file" };
        Option<bool> json = new("--json") { Description = "For programs" };
        Option<double> interval = new("--interval")
        {
            Description = "Seconds between the two looks that rates are told from",
            DefaultValueFactory = _ => 0.5,
        };
        Command command = new("status", "What is there and what flows: ports, who has them, rates, drops by cause, stuck rings")
        {
            port, device, json, interval,
        };
        command.SetAction(parsed =>
            Run(parsed.GetValue(device), parsed.GetValue(port), parsed.GetValue(json), parsed.GetValue(interval)));
        return command;
    }

    private static int Run(string? device, string? port, bool json, double interval)
    {
        List<BookReader> readers = BookFinder.Open(device);
        if (readers.Count == 0)
        {
            Console.Error.WriteLine(Environment.UserName == "root"
                ? "no netmapcuse serves here" + (device is null ? "" : $" {device}")
                : "no netmapcuse that you may look at: be root");
            return Failed;
        }

        BookSnapshot[] before = [.. readers.Select(static reader => reader.Read())];
        Thread.Sleep(TimeSpan.FromSeconds(Math.Clamp(interval, 0.01, 60)));
        List<DeviceStatus> devices = [.. readers.Select((reader, i) => new StatusLook(before[i], reader.Read()).Describe(port))];
        readers.ForEach(static reader => reader.Dispose());
        if (port is not null && devices.TrueForAll(static found => found.Ports.Count == 0))
        {
            Console.Error.WriteLine($"there is no port {port}; netmapcuse status lists all");
            return Failed;
        }

        if (json)
        {
            Console.WriteLine(StatusJson.Of(devices));
        }
        else
        {
            devices.ForEach(static found => StatusText.Write(Console.Out, found));
        }

        return 0;
    }
}

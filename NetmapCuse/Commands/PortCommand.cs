using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using NetmapCuse.Configuration;
using NetmapCuse.Ports;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse port": persistent ports and what is attached to switches, on a device that is served.</summary>
internal static class PortCommand
{
    private const string DefaultDevice = "/dev/netmap";

    private static readonly Option<string?> s_device = new("--device", "-d")
    {
        Description = "The device file; default $NETMAP_DEVICE, else /dev/netmap",
        Recursive = true,
    };

    internal static Command Create() =>
        new("port", "Make persistent ports and attach interfaces to switches") { s_device, Add(), Delete(), Attach(), Detach(), List() };

    private static Command Add()
    {
        Argument<string> name = new("name") { Description = "Its name; it is an interface of this name, too" };
        Option<ushort> rings = new("--rings") { Description = "Rings each way", CustomParser = static result => (ushort)Number(result) };
        Option<ushort> slots = new("--slots") { Description = "Slots of each ring", CustomParser = static result => (ushort)Number(result) };
        Command command = new("add", "Make a persistent port") { name, rings, slots };
        command.SetAction(parsed => Run(parsed, requests =>
        {
            Console.WriteLine(requests.Add(new PortSettings
            {
                Source = "port add",
                Device = null,
                Name = parsed.GetValue(name)!,
                Switch = null,
                IsPersistent = true,
                TxRings = parsed.GetValue(rings),
                RxRings = parsed.GetValue(rings),
                TxSlots = parsed.GetValue(slots),
                RxSlots = parsed.GetValue(slots),
            }));
        }));
        return command;
    }

    /// <summary>In our words: the library's name the type.</summary>
    private static int Number(ArgumentResult result)
    {
        const int Most = ushort.MaxValue;
        string text = result.Tokens.Count > 0 ? result.Tokens[0].Value : string.Empty;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number > Most)
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{result.Argument.Name} {text}: give 0 to {Most}"));
        }

        return number;
    }

    private static Command Delete()
    {
        Argument<string> name = new("name") { Description = "The persistent port" };
        Command command = new("del", "Delete a persistent port") { name };
        name.CompletionSources.Add(static _ => Interfaces());
        command.SetAction(parsed => Run(parsed, requests => requests.Delete(parsed.GetValue(name)!)));
        return command;
    }

    private static Command Attach()
    {
        Argument<string> port = new("port") { Description = "SWITCH:NAME, such as vale0:eth1" };
        Option<bool> host = new("--host") { Description = "With the host's network stack as a second port" };
        Command command = new("attach", "Connect an interface or persistent port to a switch") { port, host };
        port.CompletionSources.Add(static context => SwitchPorts(context.WordToComplete));
        command.SetAction(parsed => Run(parsed, requests =>
        {
            string name = parsed.GetValue(port)!;
            uint index = requests.Attach(name, parsed.GetValue(host));
            Console.WriteLine($"{name}: port {index}");
        }));
        return command;
    }

    private static Command Detach()
    {
        Argument<string> port = new("port") { Description = "SWITCH:NAME" };
        Command command = new("detach", "Disconnect it") { port };
        port.CompletionSources.Add(static context => Attached(context));
        command.SetAction(parsed => Run(parsed, requests => requests.Detach(parsed.GetValue(port)!)));
        return command;
    }

    private static Command List()
    {
        Command command = new("list", "All ports of all switches of this network namespace");
        command.SetAction(static parsed => Run(parsed, static requests => Show(requests.List())));
        return command;
    }

    private static void Show(IReadOnlyList<ListedPort> ports)
    {
        int width = Math.Max("PORT".Length, ports.Select(static port => port.Name.Length).DefaultIfEmpty().Max());
        Console.WriteLine($"{"PORT".PadRight(width)}  SWITCH  INDEX  RINGS    SLOTS      REGION");
        foreach (ListedPort port in ports)
        {
            string rings = port.TxRings + port.RxRings == 0 ? "-" : $"{port.TxRings}/{port.RxRings}";
            string slots = port.TxSlots + port.RxSlots == 0 ? "-" : $"{port.TxSlots}/{port.RxSlots}";
            string region = port.Region == 0 ? "-" : $"{port.Region}";
            Console.WriteLine($"{port.Name.PadRight(width)}  {port.Switch,-6}  {port.Index,-5}  {rings,-7}  {slots,-9}  {region}");
        }
    }

    private static int Run(ParseResult parsed, Action<PortRequests> action)
    {
        try
        {
            using PortRequests requests = PortRequests.Open(DeviceOf(parsed.GetValue(s_device)));
            action(requests);
            return 0;
        }
        catch (SettingException failure)
        {
            Console.Error.WriteLine($"netmapcuse port: {failure.Message}");
            return 1;
        }
    }

    private static string DeviceOf(string? option) =>
        option ?? (Environment.GetEnvironmentVariable("NETMAP_DEVICE") is { Length: > 0 } named ? named : DefaultDevice);

    private static IEnumerable<CompletionItem> Interfaces() =>
        Directory.EnumerateDirectories("/sys/class/net").Select(static path => new CompletionItem(Path.GetFileName(path)));

    /// <summary>The switch that was begun, or vale0, with every interface.</summary>
    private static IEnumerable<CompletionItem> SwitchPorts(string begun)
    {
        int colon = begun.IndexOf(':', StringComparison.Ordinal);
        string name = colon > 0 ? begun[..colon] : "vale0";
        return Interfaces().Select(item => new CompletionItem($"{name}:{item.Label}"));
    }

    private static IEnumerable<CompletionItem> Attached(CompletionContext context)
    {
        try
        {
            using PortRequests requests = PortRequests.Open(DeviceOf(context.ParseResult.GetValue(s_device)));
            return [.. requests.List().Select(static port => new CompletionItem(port.Name))];
        }
        catch (SettingException)
        {
            return [];
        }
    }
}

using System.CommandLine;
using System.Globalization;
using NetmapCuse.Core.Interop;
using NetmapCuse.Drivers.Nic;
using NetmapCuse.Drivers.Pci;
using Serilog;
using Spectre.Console;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse nic": which NICs the daemon can drive; takes them from the host, and gives them back.</summary>
internal static class NicCommand
{
    private const int Failed = 1;

    internal static Command Create()
    {
        Command list = new("list", "NICs that there is a driver for, and who has them");
        list.SetAction(static _ => List());
        return new Command("nic", "NICs that the daemon drives itself, by VFIO") { list, Take(), Release() };
    }

    private static Command Take()
    {
        Argument<string> name = new("nic") { Description = "PCI address, or the name of the interface" };
        Option<uint> queues = new("--queues") { Description = "RX and TX queues; default: as many as processors" };
        Option<uint> slots = new("--slots") { Description = "Slots of each ring; default 512" };
        Option<bool> inUse = new("--in-use")
        {
            Description = "Also while the interface has an address, a default route or a master: its network is cut for a moment",
        };
        Command command = new("take", "Take a NIC from the host for daemons, until 'nic release'") { name, queues, slots, inUse };
        command.SetAction(parsed => Run(move =>
        {
            PciFunction function = move.Find(parsed.GetValue(name)!);
            NicRecord record = move.Take(
                function,
                new NicRecord
                {
                    Address = function.Address.Text,
                    IsOperators = true,
                    Queues = parsed.GetValue(queues),
                    Slots = parsed.GetValue(slots),
                },
                parsed.GetValue(inUse));
            Console.WriteLine($"{record.Address} is taken; programs open it as netmap:{record.Interface?.Name ?? record.Address}");
        }));
        return command;
    }

    private static Command Release()
    {
        Argument<string> name = new("nic") { Description = "PCI address, or the name that the interface had" };
        Command command = new("release", "Give a NIC back to the host; programs that use it get errors") { name };
        command.SetAction(parsed => Run(move =>
        {
            NicRecord record = move.Records.Find(parsed.GetValue(name)!)
                ?? throw new PosixException($"finding {parsed.GetValue(name)}: nobody has taken it", Core.Abi.Linux.Errno.NoEnt);
            move.Return(record, NicMove.Present(record));
            Console.WriteLine($"{record.Address} is the host's again");
        }));
        return command;
    }

    private static int Run(Action<NicMove> action)
    {
        using Serilog.Core.Logger log = new LoggerConfiguration()
            .WriteTo.Console(formatProvider: CultureInfo.InvariantCulture, outputTemplate: "{Message:lj}{NewLine}")
            .CreateLogger();
        try
        {
            action(new NicMove(new NicRecords(NicRecords.UsualFolder), log));
            return 0;
        }
        catch (PosixException failure)
        {
            Console.Error.WriteLine($"netmapcuse nic: {failure.Message}");
            return Failed;
        }
    }

    private static int List()
    {
        NicRecords records = new(NicRecords.UsualFolder);
        Table table = new Table().Border(TableBorder.None)
            .AddColumns("address", "id", "driver here", "interface", "has it", "group");
        foreach (PciFunction function in PciFunction.All())
        {
            NicRecord? record = records.Find(function.Address.Text);
            if (NicDrivers.For(function) is { } entry)
            {
                table.AddRow(
                    function.Address.Text,
                    string.Create(CultureInfo.InvariantCulture, $"{function.Vendor:x4}:{function.Device:x4}"),
                    entry.Name,
                    function.Interface ?? record?.Interface?.Name ?? "",
                    Holder(function, record),
                    Group(function));
            }
        }

        AnsiConsole.Write(table);
        return 0;
    }

    private static string Holder(PciFunction function, NicRecord? record) =>
        record is null ? function.Driver ?? "nobody"
        : record.Holder == 0 ? "taken, waits for a daemon"
        : NicRecords.IsOrphan(record) ? string.Create(CultureInfo.InvariantCulture, $"left by process {record.Holder}, which has died")
        : string.Create(CultureInfo.InvariantCulture, $"process {record.Holder}");

    private static string Group(PciFunction function)
    {
        string[] neighbours = [.. function.GroupObstacles()];
        return function.Group is not { } group ? "no IOMMU"
            : neighbours.Length == 0 ? group
            : $"{group}, with {string.Join(", ", neighbours)}: cannot be taken";
    }
}

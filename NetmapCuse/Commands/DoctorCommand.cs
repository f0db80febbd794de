using System.CommandLine;
using System.Text.Json;
using NetmapCuse.Doctor;
using Spectre.Console;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse doctor": what works with this kernel and these rights, and what to do about the rest.</summary>
internal static class DoctorCommand
{
    internal static Command Create()
    {
        Option<bool> json = new("--json") { Description = "One JSON object instead of a table" };
        Command command = new("doctor", "Examine this machine; exit status 0 when 'serve' works with its defaults") { json };
        command.SetAction(parsed => Run(parsed.GetValue(json)));
        return command;
    }

    private static int Run(bool json)
    {
        Finding passthrough = DoorTrial.Passthrough();
        Finding pageCache = DoorTrial.PageCache();
        List<Finding> findings =
        [
            passthrough,
            pageCache,
            DoorTrial.Cuse(),
            DoorTrial.Uring(),
            .. Surroundings.Rights(),
            Surroundings.Xdp(),
            Surroundings.Tcx(),
            Surroundings.Vfio(),
            Surroundings.HugePages(),
            Surroundings.SharedPages(),
        ];
        string? door = passthrough.Works ? passthrough.Name : pageCache.Works ? pageCache.Name : null;
        if (json)
        {
            WriteJson(findings, door);
        }
        else
        {
            WriteTable(findings, door);
        }

        return door is null ? 1 : 0;
    }

    private static void WriteTable(List<Finding> findings, string? door)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("", "", "works", "found", "what to do");
        foreach (Finding finding in findings)
        {
            table.AddRow(
                Markup.Escape(finding.Area),
                Markup.Escape(finding.Name),
                finding.Works ? "[green]yes[/]" : "[yellow]no[/]",
                Markup.Escape(finding.Detail),
                Markup.Escape(finding.Remedy));
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine(door is null
            ? "[red]serve does not work here.[/]"
            : $"serve works here, through the door: {Markup.Escape(door)}");
    }

    private static void WriteJson(List<Finding> findings, string? door)
    {
        using Stream output = Console.OpenStandardOutput();
        using (Utf8JsonWriter json = new(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteBoolean("works", door is not null);
            json.WriteString("door", door);
            json.WriteStartArray("findings");
            foreach (Finding finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("area", finding.Area);
                json.WriteString("name", finding.Name);
                json.WriteBoolean("works", finding.Works);
                json.WriteString("detail", finding.Detail);
                json.WriteString("remedy", finding.Remedy);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}

using System.CommandLine;
using System.Text;
using System.Text.Json;
using NetmapCuse.Doctor;

namespace NetmapCuse.Commands;

/// <summary>"netmapcuse doctor": what works with this kernel and these rights, and what to do about the rest.</summary>
internal static class DoctorCommand
{
    // SGR colours (ECMA-48 section 8.3.117).
    private const int Green = 32;
    private const int Yellow = 33;

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
            Surroundings.Tun(),
            Surroundings.Vfio(),
            .. Surroundings.Nics(),
            Surroundings.HugePages(),
            Surroundings.SharedPages(),
            Surroundings.Mounts(),
            Surroundings.Container(),
        ];
        string? door = passthrough.Works ? passthrough.Name : pageCache.Works ? pageCache.Name : null;
        if (json)
        {
            WriteJson(findings, door);
        }
        else
        {
            WriteLines(findings, door);
        }

        return door is null ? 1 : 0;
    }

    /// <summary>A line a finding, and below each "no" its remedy on a line of its own, whole: to be copied.</summary>
    private static void WriteLines(List<Finding> findings, string? door)
    {
        int area = findings.Max(static finding => finding.Area.Length);
        int name = findings.Max(static finding => finding.Name.Length);
        foreach (Finding finding in findings)
        {
            string word = finding.Works ? Color(Green, "yes") : Color(Yellow, "no ");
            Console.Out.WriteLine($"{finding.Area.PadRight(area)}  {finding.Name.PadRight(name)}  {word}  {finding.Detail}");
            if (!finding.Works)
            {
                Console.Out.WriteLine($"    {finding.Remedy}");
            }
        }

        Console.Out.WriteLine(door is null ? "serve does not work here." : $"serve works here, through the door: {door}");
    }

    private static string Color(int color, string text) => Console.IsOutputRedirected ? text : $"\e[{color}m{text}\e[0m";

    private static void WriteJson(List<Finding> findings, string? door)
    {
        using MemoryStream output = new();
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

        Console.Out.WriteLine(Encoding.UTF8.GetString(output.ToArray()));
    }
}

using System.Text.Json;
using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Report;

/// <summary>The figures as an array of objects, and the machine and the failures as one object.</summary>
internal static class JsonFile
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true };

    internal static void WriteResults(string path, Results results)
    {
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, s_options);
        json.WriteStartArray();
        foreach (Series series in results.All)
        {
            json.WriteStartObject();
            json.WriteString("name", series.Name);
            json.WriteString("unit", series.Unit);
            json.WriteNumber("median", Short(series.Median));
            json.WriteNumber("low", Short(series.Low));
            json.WriteNumber("high", Short(series.High));
            json.WriteNumber("runs", series.Runs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    internal static void WriteMachine(string path, RunFacts facts, Results results)
    {
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, s_options);
        json.WriteStartObject();
        json.WriteString("date", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm'Z'", null));
        json.WriteString("cpu", Machine.Cpu);
        json.WriteNumber("cpus", Machine.Cpus);
        json.WriteString("kernel", Machine.Kernel);
        json.WriteString("memory", Machine.Memory);
        json.WriteString("huge_pages_for_shared_memory", Machine.HugePages);
        json.WriteNumber("load_before", facts.LoadBefore);
        json.WriteNumber("load_after", facts.LoadAfter);
        json.WriteNumber("minutes", Short(facts.Took.TotalMinutes));
        json.WriteBoolean("quick", facts.Quick);
        json.WriteNumber("rounds", facts.Rounds);
        json.WriteNumber("seconds_each", facts.Seconds);
        json.WriteStartObject("not_measured");
        foreach ((string name, string reason) in results.Failures)
        {
            json.WriteString(name, reason);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Five significant digits: the rest is noise.</summary>
    private static double Short(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return 0;
        }

        int digits = Math.Clamp(4 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 9);
        return Math.Round(value, digits);
    }
}

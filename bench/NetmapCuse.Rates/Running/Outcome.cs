using System.Text.Json;

namespace NetmapCuse.Rates.Running;

/// <summary>What a client has left behind: its line of JSON, what it printed, what it cost.</summary>
internal sealed record Outcome(
    string Command, JsonElement? Report, string Output, string Errors, double CpuSeconds, bool Killed)
{
    internal double Number(string field)
    {
        if (Killed)
        {
            throw new BenchException($"{Command}: hung, killed");
        }

        if (Report is { } report && report.TryGetProperty(field, out JsonElement value))
        {
            return value.GetDouble();
        }

        string[] errors = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        throw new BenchException($"{Command}: {(errors.Length > 0 ? errors[^1] : "no report")}");
    }
}

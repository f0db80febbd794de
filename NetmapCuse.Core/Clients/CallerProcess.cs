using System.Globalization;

namespace NetmapCuse.Core.Clients;

/// <summary>Which process a thread belongs to.</summary>
internal static class CallerProcess
{
    private const string Field = "Tgid:";

    /// <summary>The process id, or 0 when the thread is gone.</summary>
    internal static int Of(int threadId)
    {
        try
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{threadId}/status");
            string? line = File.ReadLines(path).FirstOrDefault(static line => line.StartsWith(Field, StringComparison.Ordinal));
            return line is null ? 0 : int.Parse(line.AsSpan(Field.Length).Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}

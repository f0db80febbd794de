using System.Globalization;

namespace NetmapCuse.Rates.Running;

/// <summary>What /proc says about a process.</summary>
internal static class ProcFile
{
    /// <summary>CPU time of all threads in seconds, by the scheduler's own nanosecond clock.</summary>
    internal static double CpuSeconds(int pid)
    {
        double nanoseconds = 0;
        foreach (string thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            string? text = TryRead($"{thread}/schedstat");
            if (text is not null)
            {
                nanoseconds += double.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture);
            }
        }

        return nanoseconds / 1e9;
    }

    /// <summary>A line of /proc/PID/status that has kilobytes (VmRSS, RssAnon), in MiB.</summary>
    internal static double Mebibytes(int pid, string field)
    {
        IEnumerable<string> lines = File.ReadLines($"/proc/{pid}/status");
        string line = lines.First(l => l.StartsWith(field + ":", StringComparison.Ordinal));
        string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return double.Parse(words[1], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>The first child of a process, or null.</summary>
    internal static int? Child(int pid)
    {
        string? text = TryRead($"/proc/{pid}/task/{pid}/children");
        string? first = text?.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return first is null ? null : int.Parse(first, CultureInfo.InvariantCulture);
    }

    /// <summary>How often a process has a file mapped.</summary>
    internal static int Mappings(int pid, string path)
    {
        string? text = TryRead($"/proc/{pid}/maps");
        return text is null ? 0 : text.Split('\n').Count(line => line.EndsWith(" " + path, StringComparison.Ordinal));
    }

    private static string? TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

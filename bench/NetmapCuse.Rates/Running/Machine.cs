using System.Globalization;

namespace NetmapCuse.Rates.Running;

/// <summary>Where the figures come from.</summary>
internal static class Machine
{
    /// <summary>Load average, per CPU, above which the figures are not to be believed.</summary>
    internal const double HighLoad = 0.3;

    internal static string Cpu { get; } = Field("/proc/cpuinfo", "model name");

    internal static string Kernel { get; } = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    internal static int Cpus { get; } = Environment.ProcessorCount;

    /// <summary>The receivers' CPU is 0, the senders' this.</summary>
    internal static int SenderCpu { get; } = Cpus > 1 ? 1 : 0;

    internal static string Memory { get; } = Field("/proc/meminfo", "MemTotal");

    internal static string HugePages { get; } = ReadOr("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "unknown");

    internal static double LoadAverage
    {
        get => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);
    }

    internal static string Text => $"{Cpu}, {Cpus} CPUs, Linux {Kernel}";

    private static string Field(string file, string name)
    {
        string? line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
        return line is null ? "unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string ReadOr(string path, string otherwise)
    {
        return File.Exists(path) ? File.ReadAllText(path).Trim() : otherwise;
    }
}

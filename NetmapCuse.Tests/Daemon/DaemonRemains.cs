using System.Globalization;
using FluentAssertions;

namespace NetmapCuse.Tests.Daemon;

/// <summary>What a daemon has, seen from outside: what clients leave behind adds to it.</summary>
/// <param name="Threads">Threads that serve (names that begin with "netmap"), without those of a pool that ends by itself.</param>
/// <param name="Descriptors">Descriptors, by what they refer to.</param>
/// <param name="SharedMiB">Packet memory that takes memory of the system.</param>
internal sealed record DaemonRemains(int Threads, string Descriptors, long SharedMiB)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>What it has once that does not change any more.</summary>
    internal static DaemonRemains Settled(DaemonInShell daemon)
    {
        DaemonRemains last = Look(daemon);
        SpinWait.SpinUntil(
            () =>
            {
                Thread.Sleep(300);
                DaemonRemains now = Look(daemon);
                bool isSame = now == last;
                last = now;
                return isSame;
            },
            s_patience);
        return last;
    }

    internal static void ShouldReturnTo(DaemonInShell daemon, DaemonRemains before)
    {
        SpinWait.SpinUntil(
            () =>
            {
                Thread.Sleep(100);
                return IsNoMore(Look(daemon), before);
            },
            s_patience);
        DaemonRemains now = Look(daemon);
        now.Threads.Should().BeLessThanOrEqualTo(before.Threads);
        now.Descriptors.Should().Be(before.Descriptors);
        now.SharedMiB.Should().BeLessThanOrEqualTo(before.SharedMiB + 1);
    }

    private static bool IsNoMore(DaemonRemains now, DaemonRemains before) =>
        now.Threads <= before.Threads && now.Descriptors == before.Descriptors && now.SharedMiB <= before.SharedMiB + 1;

    private static DaemonRemains Look(DaemonInShell daemon)
    {
        string process = $"/proc/{daemon.Id}";
        int threads = Directory.GetDirectories(process + "/task").Count(static task => IsServing(Read(task + "/comm").Trim()));
        string descriptors = string.Join(
            ' ',
            Directory.GetFiles(process + "/fd").Select(static path => Target(path)).Where(static target => target.Length != 0)
                .CountBy(static target => target).OrderBy(static pair => pair.Key, StringComparer.Ordinal)
                .Select(static pair => $"{pair.Value}*{pair.Key}"));
        return new DaemonRemains(threads, descriptors, MemoryFileMiB(process));
    }

    private static bool IsServing(string name) =>
        name.StartsWith("netmap", StringComparison.Ordinal) && name is not ("netmap request" or "netmap control" or "netmapcuse" or "netmap taps");

    /// <summary>Files of ours; what the runtime opens for itself comes and goes.</summary>
    private static string Target(string path)
    {
        string target = new FileInfo(path).LinkTarget ?? string.Empty;
        string kind = target.Split(':', '(', ' ')[0];
        return kind is "anon_inode" or "net" or "socket" || kind.StartsWith("/memfd", StringComparison.Ordinal)
            || kind.StartsWith("/dev/", StringComparison.Ordinal)
            ? kind == "anon_inode" ? target : kind
            : string.Empty;
    }

    private static long MemoryFileMiB(string process)
    {
        string? file = Directory.GetFiles(process + "/fd")
            .FirstOrDefault(static path => new FileInfo(path).LinkTarget?.StartsWith("/memfd:netmap", StringComparison.Ordinal) == true);
        if (file is null)
        {
            return 0;
        }

        using System.Diagnostics.Process stat = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-L", "-c", "%b", file]) { RedirectStandardOutput = true })!;
        string blocks = stat.StandardOutput.ReadToEnd();
        stat.WaitForExit();
        return stat.ExitCode == 0 ? long.Parse(blocks, CultureInfo.InvariantCulture) >> 11 : 0;
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return string.Empty;
        }
    }
}

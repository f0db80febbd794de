namespace NetmapCuse.Service;

/// <summary>Whether others see what is mounted here: not from a mount namespace of the daemon's own (PrivateTmp= and its kin).</summary>
internal static class MountPlacement
{
    internal const string Remedy =
        "run it in the host's mount namespace: no PrivateTmp=, ProtectSystem= and so on in its unit, no unshare -m";

    /// <summary>Nobody outside this process's mount namespace sees a mount at this path.</summary>
    internal static bool IsHidden(string path) =>
        NamespaceOf("self") is { } own && NamespaceOf("1") is { } first && own != first && !IsShared(Path.GetFullPath(path));

    /// <summary>Looks up the mount that a path lies on, in the lines of mountinfo (proc(5)); later ones cover earlier ones.</summary>
    internal static bool IsShared(string path, IEnumerable<string> mountInfo)
    {
        (int Length, bool Shared) best = (-1, false);
        foreach (string[] fields in mountInfo.Select(static line => line.Split(' ')).Where(static fields => fields.Length > 6))
        {
            string point = fields[4];
            bool holds = point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal);
            if (holds && point.Length >= best.Length)
            {
                best = (point.Length, fields.Skip(6).TakeWhile(static field => field != "-").Any(static field =>
                    field.StartsWith("shared:", StringComparison.Ordinal)));
            }
        }

        return best.Shared;
    }

    private static bool IsShared(string path) => IsShared(Path.GetDirectoryName(path) ?? "/", File.ReadLines("/proc/self/mountinfo"));

    private static string? NamespaceOf(string process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/mnt").LinkTarget;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

namespace NetmapCuse.Core.Clients;

/// <summary>
/// The network namespace of the process that makes a request: interfaces are looked up there. A process in a container sees its
/// own "eth0", which is another port than the host's.
/// </summary>
/// <param name="Id">"net:[4026531840]"; empty for the daemon's own namespace.</param>
/// <param name="Path">A file that stands for it while the caller waits for its answer; empty likewise.</param>
internal readonly record struct CallerPlace(string Id, string Path)
{
    private static readonly string? s_own = IdOf("/proc/self/ns/net");

    /// <summary>The daemon's own namespace.</summary>
    internal static CallerPlace Own { get; } = new(string.Empty, string.Empty);

    internal bool IsOwn => Id.Length == 0;

    /// <summary>Where a thread is; the daemon's own namespace when that cannot be told.</summary>
    internal static CallerPlace Of(int threadId)
    {
        if (threadId <= 0)
        {
            return Own;
        }

        string path = $"/proc/{threadId}/ns/net";
        string? id = IdOf(path);
        return id is null || s_own is null || id == s_own ? Own : new CallerPlace(id, path);
    }

    /// <summary>The key under which the port of an interface of this namespace is kept: no interface has a slash in its name.</summary>
    internal string KeyOf(string name) => IsOwn ? name : $"{Id}/{name}";

    private static string? IdOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

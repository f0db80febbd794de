namespace NetmapCuse.Core.Clients;

/// <summary>
/// The network namespace of the process that makes a request: interfaces are looked up there. A process in a container sees its
/// own "eth0", which is another port than the host's. Of a client's there is one in its <see cref="ClientProcess"/> and nowhere else.
/// </summary>
/// <param name="Id">"net:[4026531840]"; empty for the daemon's own namespace.</param>
/// <param name="Path">A file that stands for it as long as the <see cref="ClientProcess"/> is there; empty likewise.</param>
internal readonly record struct CallerPlace(string Id, string Path)
{
    /// <summary>The daemon's own namespace.</summary>
    internal static CallerPlace Own { get; } = new(string.Empty, string.Empty);

    internal bool IsOwn => Id.Length == 0;

    /// <summary>The key under which the port of an interface of this namespace is kept: no interface has a slash in its name.</summary>
    internal string KeyOf(string name) => IsOwn ? name : $"{Id}/{name}";
}

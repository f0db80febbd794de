using System.Globalization;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Clients;

/// <summary>
/// Whose a process is and what it may do, as far as it decides whether it could read the memory of another one without this
/// daemon (ptrace(2), "Ptrace access mode checking").
/// </summary>
/// <param name="Users">Real, effective and saved user id.</param>
/// <param name="Groups">Real, effective and saved group id.</param>
/// <param name="Capabilities">The permitted ones.</param>
/// <param name="UserNamespace">"user:[4026531837]".</param>
/// <param name="ProcessNamespace">"pid:[4026531836]".</param>
internal readonly record struct ClientRights(
    (uint Real, uint Effective, uint Saved) Users,
    (uint Real, uint Effective, uint Saved) Groups,
    ulong Capabilities,
    string UserNamespace,
    string ProcessNamespace)
{
    /// <summary>CAP_SYS_PTRACE (linux/capability.h).</summary>
    private const ulong SysPtrace = 1UL << 19;

    private static readonly string? s_ownUsers = new FileInfo("/proc/self/ns/user").LinkTarget;
    private static readonly string? s_ownProcesses = new FileInfo("/proc/self/ns/pid").LinkTarget;

    /// <summary>Of a thread that cannot end meanwhile; null when they cannot be told.</summary>
    internal static ClientRights? Of(ThreadFolder folder, ThreadStatus status) =>
        folder.LinkOf("ns/user") is { } users && folder.LinkOf("ns/pid") is { } processes
            ? new ClientRights(status.Users, status.Groups, status.Capabilities, users, processes)
            : null;

    /// <summary>A process with these rights could read the memory of one with the others.</summary>
    /// <param name="other">Whose memory.</param>
    /// <param name="isDumpable">The other lets its own user read it (prctl(2), PR_SET_DUMPABLE).</param>
    internal bool AllowReading(in ClientRights other, bool isDumpable)
    {
        bool seesProcess = ProcessNamespace == other.ProcessNamespace || ProcessNamespace == s_ownProcesses;
        bool mayReadAll = (Capabilities & SysPtrace) != 0
            && (UserNamespace == other.UserNamespace || UserNamespace == s_ownUsers);
        bool isSameUser = UserNamespace == other.UserNamespace
            && other.Users == (Users.Real, Users.Real, Users.Real)
            && other.Groups == (Groups.Real, Groups.Real, Groups.Real)
            && (other.Capabilities & ~Capabilities) == 0;
        return seesProcess && (mayReadAll || (isSameUser && isDumpable));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"uid {Users.Effective}");
}

using System.Globalization;

namespace NetmapCuse.Core.Interop;

/// <summary>Signals that wait for a thread, from /proc (proc(5)): what the kernel would not tell (reference/front-door.md section 5).</summary>
/// <param name="Own">SigPnd: for this thread.</param>
/// <param name="Shared">ShdPnd: for its process.</param>
/// <param name="Deaf">SigBlk and SigIgn: blocked or ignored.</param>
internal readonly record struct ThreadSignals(ulong Own, ulong Shared, ulong Deaf)
{
    // Signal n is bit n - 1; SIGKILL is 9.
    private const ulong Kill = 1UL << 8;

    /// <summary>The thread is being killed.</summary>
    internal bool AreFatal => ((Own | Shared) & Kill) != 0;

    /// <summary>Some signal waits that would interrupt a system call.</summary>
    internal bool AreWaiting => ((Own | Shared) & ~Deaf) != 0;

    /// <summary>What waits for a thread; nothing when it cannot be seen.</summary>
    internal static ThreadSignals Of(int threadId)
    {
        if (threadId <= 0)
        {
            return default;
        }

        try
        {
            return Parse(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{threadId}/status")));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    /// <summary>Reads the text of /proc/ID/status.</summary>
    internal static ThreadSignals Parse(string status) => new(
        Mask(status, "\nSigPnd:"), Mask(status, "\nShdPnd:"), Mask(status, "\nSigBlk:") | Mask(status, "\nSigIgn:"));

    private static ulong Mask(string status, string field)
    {
        int start = status.IndexOf(field, StringComparison.Ordinal);
        if (start < 0)
        {
            return 0;
        }

        ReadOnlySpan<char> rest = status.AsSpan(start + field.Length);
        int end = rest.IndexOf('\n');
        return ulong.TryParse(
            (end < 0 ? rest : rest[..end]).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask)
            ? mask
            : 0;
    }
}

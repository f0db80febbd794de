using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace NetmapCuse.Core.Memory;

/// <summary>Invariants of the control plane that stay on in release builds: our own mistakes, never a client's.</summary>
internal static class Check
{
    internal static void That(
        [DoesNotReturnIf(false)] bool holds, string what,
        [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        if (!holds)
        {
            throw new BrokenInvariantException($"Broken invariant at {Path.GetFileName(file)}:{line}: {Plain(what)}.");
        }
    }

    /// <summary>There may be the name of a port in it, which a client chose.</summary>
    private static string Plain(string what) => string.Concat(what.Select(static c => char.IsControl(c) ? '?' : c));
}

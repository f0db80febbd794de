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
            throw new InvalidOperationException($"Broken invariant at {Path.GetFileName(file)}:{line}: {what}.");
        }
    }
}

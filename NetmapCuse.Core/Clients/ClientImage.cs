using System.Globalization;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Clients;

/// <summary>A process between two calls of execve(2): afterwards it has its number still, but is another program.</summary>
/// <param name="ProcessId">Its number.</param>
/// <param name="StartStack">Where its stack begins, which execve(2) places anew.</param>
internal readonly record struct ClientImage(int ProcessId, ulong StartStack)
{
    /// <summary>Of a thread that cannot end meanwhile; null when it cannot be told.</summary>
    internal static ClientImage? Of(ThreadFolder folder, int processId)
    {
        // Field 28 of /proc/ID/stat (proc(5)), counted from the third, which follows the name in brackets.
        const int StartStackField = 28 - 3;
        try
        {
            string line = folder.ReadLines("stat").First();
            string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            ulong stack = ulong.Parse(fields[StartStackField], CultureInfo.InvariantCulture);
            return stack == 0 ? null : new ClientImage(processId, stack);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}

using System.Globalization;

namespace NetmapCuse.Core.Clients;

/// <summary>What the kernel calls a program (comm), to be told and nothing else: any bytes may be in it, and it may be another's by now.</summary>
internal static class ThreadName
{
    /// <summary>Nothing when the process is gone.</summary>
    internal static string Of(int processId)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/comm")).TrimEnd('\n');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

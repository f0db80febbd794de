using System.Globalization;

namespace NetmapCuse.Service;

/// <summary>
/// The runtime puts a socket and two pipes for debuggers into the folder for temporary files, and a process that is killed leaves
/// them there. Their names go when the process has started; with DOTNET_EnableDiagnostics=1 they stay, for who wants to use them.
/// </summary>
internal static class Leftovers
{
    internal static void Remove()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_EnableDiagnostics") is not null)
        {
            return;
        }

        string self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (string pattern in (string[])[$"dotnet-diagnostic-{self}-*", $"clr-debug-pipe-{self}-*"])
            {
                Directory.GetFiles(Path.GetTempPath(), pattern).ToList().ForEach(File.Delete);
            }
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
        }
    }
}

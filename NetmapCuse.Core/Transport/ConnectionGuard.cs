using System.Globalization;

namespace NetmapCuse.Core.Transport;

/// <summary>
/// Ends the connection of a daemon that was killed. In the page-cache door a dying daemon writes the dirty pages of its
/// own mapping back (fuse_vma_close), to itself, while its descriptor is still open: it would wait for ever, and so would
/// its clients. Runs in a process of its own, which sees the death coming.
/// </summary>
public static class ConnectionGuard
{
    private const uint Exiting = 0x4; // PF_EXITING
    private const int FlagsField = 6; // after the name, counted from the state: proc_pid_stat(5)

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits for the end of the process, then takes its mount away if it is still there.</summary>
    public static void Watch(int process, string path)
    {
        FuseMount? mount = FuseMount.Find(path);
        while (mount is not null && !IsEnding(process))
        {
            Thread.Sleep(s_interval);
        }

        mount?.End();
    }

    private static bool IsEnding(int process)
    {
        try
        {
            string status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));

            // The name stands in parentheses and may contain anything.
            string[] fields = status[(status.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X"
                || (uint.Parse(fields[FlagsField], CultureInfo.InvariantCulture) & Exiting) != 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}

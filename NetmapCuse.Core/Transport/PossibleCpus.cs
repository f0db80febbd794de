using System.Globalization;

namespace NetmapCuse.Core.Transport;

/// <summary>The CPUs of this machine that may ever come online.</summary>
internal static class PossibleCpus
{
    private const string Source = "/sys/devices/system/cpu/possible";

    /// <summary>How many there are. The kernel numbers its ring queues from 0 to one less than that.</summary>
    internal static int Count() => CountOf(File.ReadAllText(Source));

    /// <summary>The length of a list like "0-3,8-11".</summary>
    internal static int CountOf(string list)
    {
        int count = 0;
        foreach (string range in list.Trim().Split(','))
        {
            string[] ends = range.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture);
            count += int.Parse(ends[^1], CultureInfo.InvariantCulture) - first + 1;
        }

        return count;
    }
}

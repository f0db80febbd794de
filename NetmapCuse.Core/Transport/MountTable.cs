using System.Globalization;
using System.Text;

namespace NetmapCuse.Core.Transport;

/// <summary>One line of /proc/self/mountinfo (proc(5)).</summary>
/// <param name="Device">st_dev of the file system; for FUSE the minor names the connection in /sys/fs/fuse/connections.</param>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Type">The file system type.</param>
internal readonly record struct MountEntry((uint Major, uint Minor) Device, string MountPoint, string Type);

/// <summary>
/// Who has mounted what. Reading it asks no file system anything, so unlike stat it cannot hang on a daemon that does not
/// answer.
/// </summary>
internal static class MountTable
{
    private const string Source = "/proc/self/mountinfo";

    /// <summary>What is mounted on top at this path, if anything is.</summary>
    internal static MountEntry? At(string path) => At(File.ReadLines(Source), path);

    internal static MountEntry? At(IEnumerable<string> lines, string path)
    {
        // Later lines cover earlier ones.
        MountEntry? top = null;
        foreach (string line in lines)
        {
            if (TryParse(line, out MountEntry entry) && entry.MountPoint == path)
            {
                top = entry;
            }
        }

        return top;
    }

    internal static bool TryParse(string line, out MountEntry entry)
    {
        // 36 35 98:0 /root /mount/point rw,noatime optional:1 - type source options
        entry = default;
        string[] fields = line.Split(' ');
        int separator = Array.IndexOf(fields, "-");
        if (separator < 6 || separator + 1 >= fields.Length)
        {
            return false;
        }

        string[] device = fields[2].Split(':');
        if (device.Length != 2
            || !uint.TryParse(device[0], CultureInfo.InvariantCulture, out uint major)
            || !uint.TryParse(device[1], CultureInfo.InvariantCulture, out uint minor))
        {
            return false;
        }

        entry = new MountEntry((major, minor), Unescape(fields[4]), fields[separator + 1]);
        return true;
    }

    /// <summary>Space, tab, newline and backslash are written as three octal digits after a backslash.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        StringBuilder plain = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}

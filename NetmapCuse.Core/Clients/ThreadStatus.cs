using System.Globalization;
using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Clients;

/// <summary>What /proc/ID/status says of a thread, as far as it is asked here.</summary>
/// <param name="ProcessId">Its process (Tgid).</param>
/// <param name="Users">Real, effective and saved user id.</param>
/// <param name="Groups">Real, effective and saved group id.</param>
/// <param name="Capabilities">The permitted ones.</param>
internal readonly record struct ThreadStatus(
    int ProcessId,
    (uint Real, uint Effective, uint Saved) Users,
    (uint Real, uint Effective, uint Saved) Groups,
    ulong Capabilities)
{
    /// <summary>Null when the thread has ended, or the daemon may not look.</summary>
    internal static ThreadStatus? Of(ThreadFolder folder)
    {
        if (folder.IsInvalid)
        {
            return null;
        }

        try
        {
            return Parse(folder.ReadLines("status"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>"Tgid:\t42", "Uid:\t0\t0\t0\t0": real, effective, saved and file system ids.</summary>
    /// <exception cref="FormatException">No such lines.</exception>
    internal static ThreadStatus Parse(IEnumerable<string> lines)
    {
        ThreadStatus status = default;
        int found = 0;
        foreach (string line in lines)
        {
            string[] fields = line.Split('\t', StringSplitOptions.RemoveEmptyEntries);
            bool isKnown = fields.Length > 1;
            switch (isKnown ? fields[0] : string.Empty)
            {
                case "Tgid:":
                    status = status with { ProcessId = int.Parse(fields[1], CultureInfo.InvariantCulture) };
                    break;
                case "Uid:":
                    status = status with { Users = Ids(fields) };
                    break;
                case "Gid:":
                    status = status with { Groups = Ids(fields) };
                    break;
                case "CapPrm:":
                    status = status with
                    {
                        Capabilities = ulong.Parse(fields[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                    };
                    break;
                default:
                    isKnown = false;
                    break;
            }

            found += isKnown ? 1 : 0;
        }

        return found == 4 ? status : throw new FormatException("no status of a thread");
    }

    private static (uint Real, uint Effective, uint Saved) Ids(string[] fields) => fields.Length < 4
        ? throw new FormatException("no ids")
        : (uint.Parse(fields[1], CultureInfo.InvariantCulture),
            uint.Parse(fields[2], CultureInfo.InvariantCulture),
            uint.Parse(fields[3], CultureInfo.InvariantCulture));
}

using System.Globalization;
using NetmapCuse.Configuration;

namespace NetmapCuse;

/// <summary>
/// User and group names to numbers, from /etc/passwd and /etc/group. Accounts from elsewhere (LDAP and the like) are given
/// by number: the C library's look-up would need a native helper beside the one file that the daemon is.
/// </summary>
internal static class Accounts
{
    internal static uint UserId(Given user) =>
        Find("/etc/passwd", user.Text) ?? throw user.Fault("/etc/passwd has no such user; give a name from there or a number");

    internal static uint GroupId(Given group) =>
        Find("/etc/group", group.Text) ?? throw group.Fault("/etc/group has no such group; give a name from there or a number");

    /// <summary>Both files have the name first and the number third.</summary>
    private static uint? Find(string file, string nameOrNumber)
    {
        if (TryNumber(nameOrNumber, out uint number))
        {
            return number;
        }

        foreach (string line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == nameOrNumber && TryNumber(fields[2], out number))
            {
                return number;
            }
        }

        return null;
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

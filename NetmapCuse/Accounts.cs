using System.Globalization;
using Mono.Unix.Native;

namespace NetmapCuse;

/// <summary>User and group names to numbers.</summary>
internal static class Accounts
{
    internal static uint UserId(string nameOrNumber)
    {
        if (TryNumber(nameOrNumber, out uint id))
        {
            return id;
        }

        return Syscall.getpwnam(nameOrNumber)?.pw_uid
            ?? throw new SettingException($"--owner {nameOrNumber}: there is no such user");
    }

    internal static uint GroupId(string nameOrNumber)
    {
        if (TryNumber(nameOrNumber, out uint id))
        {
            return id;
        }

        return Syscall.getgrnam(nameOrNumber)?.gr_gid
            ?? throw new SettingException($"--group {nameOrNumber}: there is no such group");
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

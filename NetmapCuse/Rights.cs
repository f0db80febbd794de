using System.Globalization;

namespace NetmapCuse;

/// <summary>The capabilities without which the daemon starts but does not work.</summary>
internal static class Rights
{
    /// <summary>CAP_SYS_PTRACE (linux/capability.h).</summary>
    private const int SysPtrace = 19;

    /// <summary>Fails with the remedy when the arguments of programs could not be read.</summary>
    internal static void Require()
    {
        if ((Effective() >> SysPtrace & 1) == 0)
        {
            throw new SettingException(!Environment.IsPrivilegedProcess
                ? "netmapcuse serve needs root: sudo netmapcuse serve"
                : "CAP_SYS_PTRACE is missing, so the arguments of programs cannot be read: run as root with it "
                + "(containers: --cap-add SYS_PTRACE)");
        }
    }

    /// <summary>CapEff of /proc/self/status.</summary>
    private static ulong Effective()
    {
        const string Field = "CapEff:";
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith(Field, StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}

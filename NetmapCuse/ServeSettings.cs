using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Parameters;
using NetmapCuse.Core.Transport;

namespace NetmapCuse;

/// <summary>What the command line of "serve" says, as text where it has to be understood yet.</summary>
internal sealed record ServeSettings
{
    private const ulong ArenaBytesMin = 512UL << 20;
    private const ulong ArenaBytesMax = 1UL << 40;
    private const uint ModeMax = 0b111_111_111;

    internal required IReadOnlyList<string> Devices { get; init; }

    internal required string Mode { get; init; }

    internal required string Owner { get; init; }

    internal required string Group { get; init; }

    internal required TransportKind Transport { get; init; }

    internal required Door Door { get; init; }

    internal required string ArenaSize { get; init; }

    /// <summary>Ask for transparent huge pages for packet memory.</summary>
    internal required bool HugePages { get; init; }

    internal required int SpinMicroseconds { get; init; }

    internal required bool Verbose { get; init; }

    /// <summary>NAME=VALUE, for every device.</summary>
    internal required IReadOnlyList<string> Parameters { get; init; }

    /// <summary>Names of switches that all network namespaces share.</summary>
    internal required IReadOnlyList<string> SharedSwitches { get; init; }

    /// <summary>Where parameter files are served; empty for nowhere.</summary>
    internal required string RunDirectory { get; init; }

    /// <summary>
    /// The directory of a device's parameter files: "parameters" for /dev/netmap; for others below a directory of their own, named
    /// after the device, /dev/netmap-b: netmap-b, /srv/x/netmap: srv-x-netmap. Null for none.
    /// </summary>
    internal string? ParameterDirectory(string device)
    {
        const string Devices = "/dev/";
        const string Leaf = "parameters";
        if (RunDirectory.Length == 0)
        {
            return null;
        }

        string full = Path.GetFullPath(device);
        string name = full.StartsWith(Devices, StringComparison.Ordinal) ? full[Devices.Length..] : full.TrimStart('/');
        return name == "netmap"
            ? Path.Combine(RunDirectory, Leaf)
            : Path.Combine(RunDirectory, name.Replace('/', '-'), Leaf);
    }

    internal void SetParameters(ParameterTable table)
    {
        foreach (string parameter in Parameters)
        {
            string[] parts = parameter.Split('=', 2);
            int error = parts.Length == 2 ? table.SetAtStart(parts[0], parts[1]) : Errno.Inval;
            string? fault = error switch
            {
                Errno.Ok => null,
                Errno.NoEnt => $"there is no such parameter; there are {string.Join(", ", table.Names)}",
                Errno.Acces => "this one cannot be set",
                _ => "give NAME=NUMBER, within the range of the parameter",
            };
            if (fault is not null)
            {
                throw new SettingException($"--set {parameter}: {fault}");
            }
        }
    }

    /// <summary>The device paths, each once.</summary>
    internal IReadOnlyList<string> DistinctDevices() =>
        Devices.Any(string.IsNullOrWhiteSpace)
            ? throw new SettingException("--device is empty: give the path of a file, such as /dev/netmap")
            : Devices.GroupBy(Path.GetFullPath).FirstOrDefault(static same => same.Count() > 1) is { } twice
            ? throw new SettingException($"--device {twice.Key} is given twice")
            : Devices;

    /// <summary>Permissions as chmod takes them: octal, at most 0777.</summary>
    internal uint ParseMode()
    {
        try
        {
            uint mode = Convert.ToUInt32(Mode, 8);
            return mode <= ModeMax ? mode : throw new OverflowException();
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException or ArgumentException)
        {
            throw new SettingException($"--mode {Mode}: give octal permissions such as 0660");
        }
    }

    /// <summary>The arena in bytes, with K, M, G or T; less a page where it is 4G, for programs with 32-bit sizes.</summary>
    internal ulong ParseArenaBytes()
    {
        ReadOnlySpan<char> text = ArenaSize.AsSpan().Trim();
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            'T' => 40,
            _ => 0,
        };
        bool parsed = ulong.TryParse(
            shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        if (!parsed || number > ArenaBytesMax >> shift || number << shift < ArenaBytesMin)
        {
            throw new SettingException($"--arena-size {ArenaSize}: give 512M to 1T");
        }

        return (number << shift) & ~4095UL;
    }

    /// <summary>The shared switches, each a name that a switch can have.</summary>
    internal IReadOnlyList<string> ParseSharedSwitches() =>
        SharedSwitches.FirstOrDefault(static text => !Core.Naming.SharedSwitches.IsPattern(text)) is { } bad
            ? throw new SettingException($"--shared-switch {bad}: give the name of a switch, such as vale0, or its beginning and a star, vale*")
            : SharedSwitches;

    /// <summary>The watch time, bounded: a queue thread serves nobody else meanwhile.</summary>
    internal int ParseSpin() => SpinMicroseconds is >= 0 and <= 1000
        ? SpinMicroseconds
        : throw new SettingException($"--spin-us {SpinMicroseconds}: give 0 to 1000");
}

/// <summary>A setting that cannot be understood; the message names it and what to give instead.</summary>
internal sealed class SettingException(string message) : Exception(message);

using System.Globalization;
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

    internal required int SpinMicroseconds { get; init; }

    internal required bool Verbose { get; init; }

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

    /// <summary>The watch time, bounded: a queue thread serves nobody else meanwhile.</summary>
    internal int ParseSpin() => SpinMicroseconds is >= 0 and <= 1000
        ? SpinMicroseconds
        : throw new SettingException($"--spin-us {SpinMicroseconds}: give 0 to 1000");
}

/// <summary>A setting that cannot be understood; the message names it and what to give instead.</summary>
internal sealed class SettingException(string message) : Exception(message);

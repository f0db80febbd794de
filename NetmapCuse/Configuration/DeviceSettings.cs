using System.Globalization;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Parameters;
using NetmapCuse.Core.Transport;

namespace NetmapCuse.Configuration;

/// <summary>One device file: what was given for it, understood when it is asked for.</summary>
internal sealed record DeviceSettings
{
    private const ulong ArenaBytesMin = 512UL << 20;
    private const ulong ArenaBytesMax = 1UL << 40;
    private const uint ModeMax = 0b111_111_111;

    internal required Given Path { get; init; }

    internal required Given Door { get; init; }

    internal required Given Mode { get; init; }

    internal required Given Owner { get; init; }

    internal required Given Group { get; init; }

    internal required Given ArenaSize { get; init; }

    /// <summary>Ask for transparent huge pages for packet memory.</summary>
    internal required bool HugePages { get; init; }

    /// <summary>In order; what comes later counts.</summary>
    internal required IReadOnlyList<GivenParameter> Parameters { get; init; }

    /// <summary>Which users may take which interfaces.</summary>
    internal required InterfaceRules Interfaces { get; init; }

    internal Door ParseDoor() => Door.Text switch
    {
        "auto" => Core.Transport.Door.Auto,
        "passthrough" => Core.Transport.Door.Passthrough,
        "pagecache" => Core.Transport.Door.PageCache,
        "cuse" => Core.Transport.Door.Cuse,
        _ => throw Door.Fault("give auto, passthrough, pagecache or cuse"),
    };

    /// <summary>Permissions as chmod takes them: octal, at most 0777.</summary>
    internal uint ParseMode()
    {
        try
        {
            uint mode = Convert.ToUInt32(Mode.Text, 8);
            return mode <= ModeMax ? mode : throw new OverflowException();
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException or ArgumentException)
        {
            throw Mode.Fault("give octal permissions such as 0660");
        }
    }

    /// <summary>The arena in bytes, with K, M, G or T; less a page where it is 4G, for programs with 32-bit sizes.</summary>
    internal ulong ParseArenaBytes()
    {
        ReadOnlySpan<char> text = ArenaSize.Text.AsSpan().Trim();
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
            throw ArenaSize.Fault("give 512M to 1T");
        }

        return (number << shift) & ~4095UL;
    }

    /// <summary>Sets the parameters of a device that is not served yet.</summary>
    internal void SetParameters(ParameterTable table)
    {
        RegionCheck.Require(Parameters, ParseArenaBytes());
        foreach (GivenParameter parameter in Parameters)
        {
            string? fault = table.SetAtStart(parameter.Name, parameter.Value) switch
            {
                Errno.Ok => null,
                Errno.NoEnt => $"there is no such parameter; there are {string.Join(", ", table.Names)}",
                Errno.Acces => "this one cannot be set",
                _ => "give a number within the range of the parameter",
            };
            if (fault is not null)
            {
                throw parameter.Fault(fault);
            }
        }
    }
}

using System.Globalization;

namespace NetmapCuse.Core.Transport;

/// <summary>What a pager process has to know of the daemon. The numbers are descriptors of the daemon.</summary>
/// <param name="Process">The daemon.</param>
/// <param name="Path">The device file.</param>
/// <param name="Connection">What its readers read.</param>
/// <param name="Spare">Another descriptor of the connection, for the pager to read.</param>
/// <param name="Buffers">Where the requests of its readers are.</param>
/// <param name="Readers">How many readers there are.</param>
public sealed record PagerSettings(int Process, string Path, int Connection, int Spare, int Buffers, int Readers)
{
    private const int Numbers = 5;

    /// <summary>For the command line of the pager.</summary>
    public IReadOnlyList<string> ToArguments() =>
    [
        Path,
        .. new[] { Process, Connection, Spare, Buffers, Readers }.Select(
            static number => number.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>From <see cref="ToArguments"/>; null when it is something else.</summary>
    public static PagerSettings? Parse(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        int[] numbers = [.. arguments.Skip(1).Select(
            static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        return numbers.Length != Numbers || numbers.Contains(-1)
            ? null
            : new PagerSettings(numbers[0], arguments[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    }
}

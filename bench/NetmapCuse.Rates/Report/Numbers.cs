using System.Globalization;

namespace NetmapCuse.Rates.Report;

/// <summary>Figures as text.</summary>
internal static class Numbers
{
    /// <summary>About three digits.</summary>
    internal static string Text(double value)
    {
        string format = Math.Abs(value) switch
        {
            >= 100 => "0",
            >= 10 => "0.0",
            >= 1 => "0.00",
            0 => "0",
            _ => "0.000",
        };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    internal static string Times(double? ratio) => ratio is { } r ? $"{Text(r)}x" : "";
}

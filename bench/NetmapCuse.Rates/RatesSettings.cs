namespace NetmapCuse.Rates;

/// <summary>What the command line asks for.</summary>
internal sealed class RatesSettings
{
    internal required bool Quick { get; init; }

    internal required string? JsonFile { get; init; }

    /// <summary>Words of which a scenario's name must contain one; empty: all scenarios.</summary>
    internal required string[] Only { get; init; }

    internal required int Rounds { get; init; }

    /// <summary>Length of one run of one scenario.</summary>
    internal required double Seconds { get; init; }

    internal required string ResultsFolder { get; init; }

    internal required string[] ServeOptions { get; init; }

    /// <summary>The file of another daemon that takes turns with this one; null to measure this one alone.</summary>
    internal required string? Against { get; init; }
}

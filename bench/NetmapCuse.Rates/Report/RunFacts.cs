namespace NetmapCuse.Rates.Report;

/// <summary>The circumstances of a run.</summary>
internal sealed record RunFacts(
    double LoadBefore, double LoadAfter, TimeSpan Took, bool Quick, int Rounds, double Seconds);

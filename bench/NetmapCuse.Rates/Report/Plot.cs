namespace NetmapCuse.Rates.Report;

/// <summary>One line or one group of bars of a chart: a value for each label, null where there is none.</summary>
internal sealed record Plot(string Name, double?[] Values);

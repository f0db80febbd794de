namespace NetmapCuse.Rates.Scenarios;

/// <summary>A field of a client's report, and the end of the name and the unit of the figure that it is.</summary>
internal readonly record struct Figure(string Field, string Unit, string Suffix = "");

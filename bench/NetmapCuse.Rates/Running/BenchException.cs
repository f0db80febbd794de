namespace NetmapCuse.Rates.Running;

/// <summary>A figure could not be measured; the message says why, for the list below the table.</summary>
internal sealed class BenchException(string message) : Exception(message);

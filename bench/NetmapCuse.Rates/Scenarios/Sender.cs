namespace NetmapCuse.Rates.Scenarios;

/// <summary>A sender's port and the address it sends to (null: to all).</summary>
internal sealed record Sender(string Port, string? Destination = null);

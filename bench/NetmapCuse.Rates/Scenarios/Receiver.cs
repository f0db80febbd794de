namespace NetmapCuse.Rates.Scenarios;

/// <summary>A receiver's port and the address that the switch is taught for it (null: none).</summary>
internal sealed record Receiver(string Port, string? Address = null);

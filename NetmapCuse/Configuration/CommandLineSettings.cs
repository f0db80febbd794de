namespace NetmapCuse.Configuration;

/// <summary>What the command line of "serve" says; null and empty for what it does not.</summary>
internal sealed record CommandLineSettings
{
    /// <summary>The configuration file; null for the default one if it is there, empty for none.</summary>
    internal string? ConfigurationPath { get; init; }

    internal IReadOnlyList<string> Devices { get; init; } = [];

    internal string? Door { get; init; }

    internal string? Mode { get; init; }

    internal string? Owner { get; init; }

    internal string? Group { get; init; }

    internal string? ArenaSize { get; init; }

    internal bool HugePages { get; init; }

    internal string? Transport { get; init; }

    internal string? SpinMicroseconds { get; init; }

    internal bool Verbose { get; init; }

    /// <summary>NAME=VALUE, for every device.</summary>
    internal IReadOnlyList<string> Parameters { get; init; } = [];

    internal IReadOnlyList<string> SharedSwitches { get; init; } = [];

    /// <summary>Ports of virtual machines.</summary>
    internal IReadOnlyList<string> VhostUser { get; init; } = [];

    internal string? RunDirectory { get; init; }

    internal IReadOnlyList<string> Nics { get; init; } = [];

    internal bool TakesNicsInUse { get; init; }
}

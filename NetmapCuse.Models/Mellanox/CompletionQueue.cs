namespace NetmapCuse.Models.Mellanox;

/// <summary>A ring of completions in host memory.</summary>
internal sealed class CompletionQueue
{
    internal required int Entries { get; init; }

    internal required int Events { get; init; }

    internal required Translation Pages { get; init; }

    /// <summary>Where the driver writes how far it has read.</summary>
    internal required ulong Doorbell { get; init; }

    internal uint Producer { get; set; }

    internal bool IsArmed { get; set; }
}

namespace NetmapCuse.Models.Mellanox;

/// <summary>A ring of events in host memory.</summary>
internal sealed class EventQueue
{
    internal required int Entries { get; init; }

    internal required int Vector { get; init; }

    internal required Translation Pages { get; init; }

    internal uint Producer { get; set; }

    internal bool IsArmed { get; set; } = true;
}

namespace NetmapCuse.Models;

/// <summary>What a chip has done.</summary>
public sealed class ChipCounters
{
    /// <summary>Frames sent.</summary>
    public long Sent { get; internal set; }

    /// <summary>Frames put into memory.</summary>
    public long Received { get; internal set; }

    /// <summary>Frames for which there was no descriptor, or none that was large enough.</summary>
    public long Missed { get; internal set; }

    /// <summary>Frames that were not for this station, or that came while receiving was off.</summary>
    public long Filtered { get; internal set; }

    /// <summary>Doorbells of transmit queues.</summary>
    public long Doorbells { get; internal set; }

    /// <summary>Interrupts signalled.</summary>
    public long Interrupts { get; internal set; }

    /// <summary>One line.</summary>
    public override string ToString() =>
        $"sent {Sent} received {Received} missed {Missed} filtered {Filtered} doorbells {Doorbells} interrupts {Interrupts}";
}

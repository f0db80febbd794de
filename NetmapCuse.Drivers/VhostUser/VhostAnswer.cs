namespace NetmapCuse.Drivers.VhostUser;

/// <summary>What comes of a message.</summary>
/// <param name="Kind">Which of the four.</param>
/// <param name="Value">The answer, where there is one.</param>
internal readonly record struct VhostAnswer(VhostAnswer.Outcome Kind, ulong Value = 0)
{
    /// <summary>It was done, and who asked is told so.</summary>
    internal static readonly VhostAnswer Done = new(Outcome.Done);

    /// <summary>It was not done, and who asked is told so; the connection lasts.</summary>
    internal static readonly VhostAnswer Failed = new(Outcome.Failed);

    /// <summary>The message makes no sense: the connection ends.</summary>
    internal static readonly VhostAnswer Broken = new(Outcome.Broken);

    internal enum Outcome
    {
        Done,
        Failed,
        Value,
        Broken,
    }

    /// <summary>The message has an answer of its own, whether one was asked for or not.</summary>
    internal static VhostAnswer Of(ulong value) => new(Outcome.Value, value);
}

namespace NetmapCuse.Models;

/// <summary>
/// How a chip takes its time. Seed 0 does everything at once; any other seed lets it look at its rings later than the doorbell,
/// and write descriptors back in two steps with the deciding word last, as chance has it: what a driver must not depend on.
/// </summary>
public sealed class ModelTiming(int seed)
{
    private const double LongestDelayMicroseconds = 300;
    private readonly Random _random = new(seed);

    /// <summary>What it was made of.</summary>
    public int Seed => seed;

    /// <summary>Until the chip does what it has to do next.</summary>
    internal TimeSpan NextDelay() => seed == 0 || _random.Next(2) == 0
        ? TimeSpan.Zero
        : TimeSpan.FromMicroseconds(_random.NextDouble() * LongestDelayMicroseconds);

    /// <summary>How many descriptors are handled before the rest has to wait for another turn.</summary>
    internal int NextBurst() => seed == 0 ? int.MaxValue : _random.Next(1, 48);

    /// <summary>True if the next write-back comes in two steps.</summary>
    internal bool NextIsHalf() => seed != 0 && _random.Next(4) == 0;
}

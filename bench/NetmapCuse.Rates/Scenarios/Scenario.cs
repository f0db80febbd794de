using NetmapCuse.Rates.Running;

namespace NetmapCuse.Rates.Scenarios;

/// <summary>Something to measure: each round runs every scenario once.</summary>
internal abstract class Scenario(string name)
{
    /// <summary>Name of the figure, or the common beginning of the names of several.</summary>
    internal string Name { get; } = name;

    /// <summary>Measures once. Throws <see cref="BenchException"/> where that cannot be done.</summary>
    internal abstract void Run(Lab lab);
}

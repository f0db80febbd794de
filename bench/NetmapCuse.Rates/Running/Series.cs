namespace NetmapCuse.Rates.Running;

/// <summary>One figure, as often as it was measured.</summary>
internal sealed class Series(string name, string unit)
{
    private readonly List<double> _values = [];

    internal string Name { get; } = name;

    internal string Unit { get; } = unit;

    internal int Runs => _values.Count;

    /// <summary>In the order in which they were measured.</summary>
    internal IReadOnlyList<double> Values => _values;

    internal double Low => _values.Min();

    internal double High => _values.Max();

    internal double Median
    {
        get
        {
            double[] sorted = [.. _values.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    internal void Add(double value) => _values.Add(value);
}

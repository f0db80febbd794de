namespace NetmapCuse.Rates.Running;

/// <summary>All figures in the order of their first appearance, and what could not be measured and why.</summary>
internal sealed class Results
{
    private readonly Dictionary<string, Series> _byName = [];
    private readonly List<Series> _series = [];
    private readonly SortedDictionary<string, string> _failures = new(StringComparer.Ordinal);

    internal IReadOnlyList<Series> All => _series;

    internal IReadOnlyDictionary<string, string> Failures => _failures;

    internal void Add(string name, string unit, double value)
    {
        if (!_byName.TryGetValue(name, out Series? series))
        {
            series = new Series(name, unit);
            _byName.Add(name, series);
            _series.Add(series);
        }

        series.Add(value);
    }

    internal void Fail(string name, string reason) => _failures[name] = reason;

    internal Series? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The quotient of two medians, or null where one of them is missing.</summary>
    internal double? Ratio(string name, string other)
    {
        return Find(name) is { } a && Find(other) is { } b && b.Median > 0 ? a.Median / b.Median : null;
    }
}

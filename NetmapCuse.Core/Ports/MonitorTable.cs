namespace NetmapCuse.Core.Ports;

/// <summary>The monitors of one parent port. Control plane.</summary>
internal sealed class MonitorTable
{
    private readonly List<IMonitor> _monitors = [];
    private uint _nextNumber;

    internal int Count => _monitors.Count;

    /// <summary>The number in the name of the next monitor.</summary>
    internal uint TakeNumber() => _nextNumber++;

    internal void Add(IMonitor monitor) => _monitors.Add(monitor);

    internal void Remove(IMonitor monitor) => _monitors.Remove(monitor);

    /// <summary>Nobody has the parent open any more: its monitors are on their own for ever. The krings still exist.</summary>
    internal void TellParentLeft()
    {
        IMonitor[] left = [.. _monitors];
        _monitors.Clear();
        foreach (IMonitor monitor in left)
        {
            monitor.OnParentLeft();
        }
    }
}

/// <summary>A port that watches another.</summary>
internal interface IMonitor
{
    /// <summary>Lets go of the parent and wakes whoever sleeps.</summary>
    void OnParentLeft();
}

namespace NetmapCuse.Core.Transport;

/// <summary>The threads that serve a connection.</summary>
internal interface IRequestSource : IDisposable
{
    /// <summary>For the log: what requests come through.</summary>
    string Name { get; }

    /// <summary>Waits for the threads, which end with the connection.</summary>
    /// <returns>False when some are still busy; what they use is not freed then.</returns>
    bool Join(TimeSpan patience);
}

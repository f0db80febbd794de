namespace NetmapCuse.Core.Books;

/// <summary>
/// Numbers of free records. Those that were never used come last, so that the books stay short; the others in the order in which
/// they came back, so that a record rests as long as it can.
/// </summary>
internal sealed class Places(int max)
{
    private readonly Lock _lock = new();
    private readonly Queue<int> _returned = new();
    private int _fresh;

    /// <summary>One more than the highest number that was ever given out.</summary>
    internal int Seen => Volatile.Read(ref _fresh);

    internal bool TryTake(out int place)
    {
        lock (_lock)
        {
            if (_returned.TryDequeue(out place))
            {
                return true;
            }

            place = _fresh;
            bool hasFresh = _fresh < max;
            _fresh += hasFresh ? 1 : 0;
            return hasFresh;
        }
    }

    internal void Return(int place)
    {
        lock (_lock)
        {
            _returned.Enqueue(place);
        }
    }
}

namespace NetmapCuse.Core.Clients;

/// <summary>What somebody has of a thing that is bounded; goes back once, with whatever it was taken for.</summary>
internal sealed class QuotaClaim : IDisposable
{
    private Action? _giveBack;

    internal QuotaClaim(Action giveBack) => _giveBack = giveBack;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}

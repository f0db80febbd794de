using NetmapCuse.Core.Interop;

namespace NetmapCuse.Core.Vale.Guests;

/// <summary>The eventfd by which a guest is told of news on a ring. The front-end replaces it at any time, and may give none.</summary>
internal sealed class GuestCall : IDisposable
{
    private ClientEventFd? _target;

    /// <summary>Interrupts so far.</summary>
    internal ulong Count { get; private set; }

    /// <summary>Takes over another eventfd, or none. Nobody is in <see cref="Signal"/>.</summary>
    internal void Replace(ClientEventFd? target)
    {
        _target?.Dispose();
        _target = target;
    }

    internal void Signal()
    {
        if (_target is { } target)
        {
            Count++;
            target.Signal();
        }
    }

    public void Dispose() => Replace(null);
}

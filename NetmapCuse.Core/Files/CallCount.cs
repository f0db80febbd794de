namespace NetmapCuse.Core.Files;

/// <summary>
/// The calls that are inside an open file: syncs and polls under way. What they use is taken away only when nobody is inside any more.
/// Costs a call two instructions on a word of its file.
/// </summary>
internal sealed class CallCount
{
    private const int Closed = 1 << 30;

    private int _state;     // calls inside, and Closed

    /// <summary>A call comes in. False: the file is closed, the call must not touch it.</summary>
    internal bool TryEnter()
    {
        if (Interlocked.Increment(ref _state) < Closed)
        {
            return true;
        }

        Exit();
        return false;
    }

    /// <summary>It is done.</summary>
    internal void Exit() => Interlocked.Decrement(ref _state);

    /// <summary>Lets nobody in any more and waits for those who are inside: none of them waits for anything. Control side.</summary>
    internal void Close()
    {
        Interlocked.Or(ref _state, Closed);
        SpinWait wait = default;
        while (Volatile.Read(ref _state) != Closed)
        {
            wait.SpinOnce();
        }
    }
}

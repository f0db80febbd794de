namespace NetmapCuse.Core.Ports;

/// <summary>
/// What a request has changed so far, to be taken back in reverse order when it fails after all: half a change is none. Empty
/// until the first step and again after the request has succeeded.
/// </summary>
internal sealed class UndoList
{
    private readonly Stack<Action> _steps = new();

    /// <summary>Something was changed; the step takes it back.</summary>
    internal void Add(Action step) => _steps.Push(step);

    /// <summary>The request has succeeded: all stays as it is.</summary>
    internal void Keep() => _steps.Clear();

    /// <summary>The request has failed. A step that fails is a mistake of ours, and what it left behind is not known.</summary>
    internal void TakeBack()
    {
        while (_steps.TryPop(out Action? step))
        {
            step();
        }
    }
}
